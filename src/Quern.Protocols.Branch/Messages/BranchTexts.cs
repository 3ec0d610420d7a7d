using System.Collections.Immutable;
using System.Diagnostics;

namespace Quern.Protocols.Branch;

/// <summary>
/// Every fixed text of the protocol, as the real masters send it (V1b for V1), misspellings included: V1 clients compare all of
/// them. Where the published descriptions differ, docs/protocols/branch.md says how.
/// </summary>
public static class BranchTexts
{
    /// <summary>What a V2 client shows after a login of its version.</summary>
    public static string LogonMessage(long version) =>
        version == 0 ? "Branchmaster v0.6 (The Northern Star)" : "Branchmaster v0.7-pre (Anticitizen One)";

    private static readonly ImmutableArray<BranchText> Table = [.. Enum.GetValues<BranchReply>().Select(Make)];

    public static BranchText Of(BranchReply reply) => Table[(int)reply];

    private static BranchText Make(BranchReply reply) => reply switch
    {
        BranchReply.UnknownCommand => new("INV_CMD", 400, "Invalid command."),
        BranchReply.HandlerFailed => new("EXCEPTION_RAISED", 500,
            "An endpoint handler function raised an exception on the server. Please report this issue to the servers administrator. " +
            "If you have access to the servers log, consider filing an issue on GitHub."),
        // The original knows no rights. Its V1 clients compare every answer, so they get the one for a command that is not there.
        BranchReply.NotAllowed => new("INV_CMD", 400, "The key of this client does not give the right '{}'."),
        BranchReply.FieldMissing => new(null, 400, "Required field '{}' missing."),
        BranchReply.DataMissing => new(null, 400, "Missing request data: {}"),

        BranchReply.KeyAccepted => new("AUTH_OK", 0, null),
        BranchReply.KeyRefused => new("INV_AUTH_KEY", 400, "Authkey is invalid."),
        BranchReply.KeyAlreadyShown => new("ALREADY_AUTHENTICATED", 0, null),
        BranchReply.KeyNotAsked => new("UNTRUSTED_MODE", 0, null),
        BranchReply.KeyRequired => new("AUTH_REQUIRED", 0, null),
        BranchReply.TypeAccepted => new("CMD_OK", 0, null),
        BranchReply.TypeRefused => new("INV_MACHINE_TYPE", 400, "Requested client type is invalid."),
        BranchReply.NameAccepted => new("CMD_OK", 0, null),
        BranchReply.NameRefused => new(null, 400, "Requested client name is not permitted."),
        BranchReply.VersionRefused => new(null, 400,
            "Protocol version is not matching. Requested protocol {}, while the server only provides protocol 1."),

        BranchReply.CheckoutUnknown => new("INV_PKG_NAME", 400, "Packagebuild not found."),
        BranchReply.PackageInfoUnknown => new("INV_PKG", 0, null),
        BranchReply.SubmitAccepted => new("CMD_OK", 200, "Packagebuild submission accepted."),
        BranchReply.SubmitUnreadable => new("INV_PKG_BUILD", 400, "The submitted packagebuild could not be parsed."),
        BranchReply.SubmitInvalid => new("INV_PKG_BUILD", 400, "The submitted packagebuild is invalid."),
        BranchReply.SubmitNotStored => new("INV_PKG_BUILD", 500, "The submitted packagebuild could not be added to the database."),

        BranchReply.BuildTaken => new("BUILD_REQ_SUBMIT_IMMEDIATELY", 200, "Build request added to queue."),
        BranchReply.BuildQueued => new("BUILD_REQ_QUEUED", 200, "Build request added to queue."),
        BranchReply.BuildUnknown => new("INV_PKG_NAME", 400, "No such packagebuild"),
        BranchReply.BuildNoRelease => new("RELEASE_ENV_UNAVAILABLE", 400,
            "Could not request releasebuild, because the release environment is disabled."),
        BranchReply.BuildNoCross => new("CROSS_ENV_UNAVAILABLE", 400,
            "Could not request crossbuild, because the cross environment is disabled."),
        // V2 has no text for this; its controllers print whatever comes with status 400.
        BranchReply.BuildDamaged => new("PKG_BUILD_DAMAGED", 400, "The packagebuild cannot be built: {}"),

        BranchReply.LogUnknownJob => new("INV_JOB_ID", 400, "No such job is available."),
        BranchReply.LogMissing => new("NO_LOG", 400, "No job log available."),
        BranchReply.LogOffset => new(null, 400, "Offset is out of bounds."),

        BranchReply.DependersUnknown => new("INV_PKG_NAME", 400, "Specified packagebuild does not exist."),
        BranchReply.RebuildQueued => new("CMD_OK", 200, "Rebuild dependers requested."),
        // V1 before 2023-03; V2 has no text for it either.
        BranchReply.RebuildCircular => new("CIRCULAR_DEPENDENCY", 400, "The dependers cannot be rebuilt: {}"),

        BranchReply.JobsCleared => new("JOBS_CLEARED", 200, "Completed jobs cleared."),
        BranchReply.JobsCanceled => new("JOBS_CANCELED", 200, "All queued jobs canceled."),
        BranchReply.JobCanceled => new("JOB_CANCELED", 200, "Job canceled successfully."),
        BranchReply.CancelUnknown => new("INV_JOB_ID", 400, "No such job found"),
        BranchReply.CancelNotQueued => new("INV_JOB_ID", 400, "No such job."),

        BranchReply.SolutionQueued => new("BATCH_QUEUED", 200, "Solution queued."),
        BranchReply.SolutionNoRelease => new("RELEASE_ENV_UNAVAILABLE", 400, "Release build environment is disabled or unavailable."),
        BranchReply.SolutionNoCross => new("CROSS_ENV_UNAVAILABLE", 400, "Cross build environment is disabled or unavailable."),
        BranchReply.SolutionInvalid => new("INV_SOL", 400, "Invalid solution."),
        BranchReply.SolutionUnknown => new("PKG_BUILD_MISSING {}", 400, "Required package build '{}' is missing."),

        BranchReply.ClientUnknown => new("INV_CLIENT_NAME", 400, "No such client found."),

        BranchReply.Deleted => new("CMD_OK", 200, "Packagebuild deleted."),
        BranchReply.DeleteNameless => new("INV_CMD", 400, "No such packagebuild."),
        BranchReply.DeleteUnknown => new("INV_PKG_NAME", 400, "No such packagebuild."),
        BranchReply.DeleteRequired => new("REQUIRED_PKG", 400,
            "The requested package is enabled in the current deployment configuration. Cannot delete."),

        BranchReply.SourceRemoved => new("CMD_OK", 200, "Extra source removed."),
        BranchReply.SourceUnknown => new("INV_ES_ID", 400, "Could not delete specified extra source."),
        BranchReply.TransferReady => new("CMD_OK", 200, "Transfer setup."),
        BranchReply.TransferLength => new("BYTE_COUNT_ERR", 400, "'filelength' needs to be a valid integer."),
        BranchReply.TransferDone => new("UPLOAD_ACK", 200, "File transfer completed."),
        BranchReply.TransferInserted => new("CMD_OK", 200, "File inserted to database."),
        BranchReply.TransferNotInserted => new("ERR_COULD_NOT_INSERT", 400, "Could not insert to database."),
        BranchReply.TransferNothing => new("EXCEPTION_RAISED", 400, "Could not insert to database."),

        BranchReply.MachineAccepted => new("CMD_OK", 200, "Machine information set"),
        BranchReply.MachineInvalid => new("INV_CMD", 400, "Invalid machine dictionary."),
        BranchReply.ReadyAccepted => new("CMD_OK", 200, "Ready signal acknowledged"),
        BranchReply.PongAccepted => new("CMD_ACK", 0, null),
        BranchReply.StatusAccepted => new("STATUS_ACK", 200, "Job status updated."),
        BranchReply.StatusInvalid => new("INV_CMD", 400, "Invalid status update."),
        BranchReply.StatusNoJob => new("NO_JOB", 400, "No job assigned to client."),
        BranchReply.LogAccepted => new("LOG_OK", 200, "Build log accepted."),
        BranchReply.AppendAccepted => new(null, 200, "Build log update acknowleged."),
        BranchReply.LogNoJob => new("NO_JOB", 400, "No job assigned to buildbot."),
        BranchReply.ContentAccepted => new(null, 200, "No conflicts found."),
        BranchReply.ContentInvalid => new(null, 400, "Invalid file list."),
        BranchReply.ContentNoJob => new(null, 400, "No job assigned."),
        BranchReply.PackageTransferReady => new("ACK_FILE_TRANSFER", 200, "File transfer setup completed."),
        BranchReply.PackageLength => new("BYTE_COUNT_ERR", 400, "Datalength is invalid."),
        BranchReply.PackageNoJob => new("NO_JOB", 400, "No job assigned."),
        BranchReply.InfoUnknown => new("INV_EXTRA_SOURCE", 400, "No such extrasource available."),
        BranchReply.FetchUnknown => new("INV_EXTRA_SOURCE", 400, "Invalid extra source id."),
        BranchReply.EventAccepted => new("RECV_SYS_EVENT", 200, "System event received."),

        _ => throw new UnreachableException(),
    };
}
