using System.Collections.Immutable;
using System.Diagnostics;

namespace Quern.Protocols.Branch;

/// <summary>Every fixed text of the HTTP API, as the real masters (V2) send it.</summary>
public static class BranchHttpTexts
{
    private static readonly ImmutableArray<BranchHttpText> Table = [.. Enum.GetValues<BranchHttpReply>().Select(Make)];

    public static BranchHttpText Of(BranchHttpReply reply) => Table[(int)reply];

    private static BranchHttpText Make(BranchHttpReply reply) => reply switch
    {
        BranchHttpReply.Ok => Success("OK"),
        BranchHttpReply.BadRequest => Failure("Bad request."),
        // With another capital letter, and only where 'get' has a value that nobody knows.
        BranchHttpReply.BadGet => Failure("Bad Request."),
        BranchHttpReply.Failed => Failure("Internal server error."),
        BranchHttpReply.Unreadable => Failure("Could not parse post data!"),
        // The original knows no rights.
        BranchHttpReply.NotAllowed => Denied("This needs the right '{}', which you do not have."),

        BranchHttpReply.DataMissing => Missing("Missing request data"),
        BranchHttpReply.RecipeUnknown => Failure("Invalid packagebuild name."),

        BranchHttpReply.KeyMissing => Missing("Missing request data for authentication: Authentication key (authkey)"),
        BranchHttpReply.KeyRefused => Denied("Invalid authentication key."),
        BranchHttpReply.KeyValid => Success("Authkey {} is valid."),
        BranchHttpReply.KeyInvalid => Denied("Authkey {} is invalid."),
        BranchHttpReply.LoggedOff => Success("Logoff acknowledged."),

        BranchHttpReply.LoginMissing => Missing("Missing request data for authentication"),
        BranchHttpReply.LoginUnknown => Denied("Authentication failed: user {} is not registered."),
        BranchHttpReply.LoginRefused => Denied("Authentication failed."),
        // The original lets everybody guess for ever.
        BranchHttpReply.LoginTooMany => Denied("Authentication failed: too many attempts, try again later."),

        BranchHttpReply.UserNameMissing => Missing("Missing request data for user creation: User (user)"),
        BranchHttpReply.UserPasswordMissing => Missing("Missing request data for user creation: Password (pass)"),
        BranchHttpReply.UserNotRoot => Denied("Only root can create users."),
        BranchHttpReply.UserNameInvalid => Failure("Invalid username for account creation"),
        BranchHttpReply.UserExists => Failure("User already exists."),
        BranchHttpReply.UserCreated => Success("User created"),
        // The original takes every password.
        BranchHttpReply.UserRefused => Failure("{}"),

        BranchHttpReply.BuildQueued => Success("Package build queued successfully."),
        BranchHttpReply.BuildMissing => Missing("Missing request data for package build: Package name (pkgname)"),
        BranchHttpReply.BuildUnknown => Failure("No such package available: {}"),

        BranchHttpReply.JobsCleared => Success("Completed jobs cleared successfully"),
        BranchHttpReply.LogMissing => Missing("Missing request data for viewlog: Job ID (jobid)"),
        BranchHttpReply.LogUnknownJob => Failure("Invalid job id: {}"),
        BranchHttpReply.LogEmpty => Failure("No build log available."),

        BranchHttpReply.SubmitAccepted => Success("Package submission accepted."),
        BranchHttpReply.SubmitMissing => Missing("Missing package build."),
        BranchHttpReply.SubmitInvalid => Failure("Missing values in package build"),

        BranchHttpReply.JobCancelled => Success("Waiting job cancelled."),
        BranchHttpReply.CancelMissing => Missing("Missing request data: Job ID (jobid)"),
        BranchHttpReply.CancelUnknown => Failure("Invalid job ID."),
        BranchHttpReply.JobsCancelled => Success("Waiting jobs cancelled."),

        BranchHttpReply.Deleted => Success("Package and packagebuild deleted."),
        BranchHttpReply.DeleteMissing => Missing("Missing request data: Package name (pkgname)"),
        BranchHttpReply.DeleteUnknown => Missing("No such pkgbuild found: {}"),
        BranchHttpReply.DeleteRequired => Failure("Cannot delete package '{}', because it is part of the current deployment configuration."),

        BranchHttpReply.ClientMissing => Missing("Missing request data for clientinfo: Client name (clientname)"),
        BranchHttpReply.ClientUnknown => Failure("Invalid client name."),

        BranchHttpReply.Refused => Failure(BranchText.Gap),

        _ => throw new UnreachableException(),
    };

    private static BranchHttpText Success(string payload) => new(BranchHttpStatus.Success, payload);

    private static BranchHttpText Missing(string payload) => new(BranchHttpStatus.MissingData, payload);

    private static BranchHttpText Failure(string payload) => new(BranchHttpStatus.ServerFailure, payload);

    private static BranchHttpText Denied(string payload) => new(BranchHttpStatus.AuthFailure, payload);
}
