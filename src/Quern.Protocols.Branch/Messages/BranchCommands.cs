using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Quern.Protocols.Branch;

/// <summary>The table of commands.</summary>
public static class BranchCommands
{
    /// <summary>Bytes of the longest word of a command, with room; longer words are unknown without looking.</summary>
    internal const int MaxWord = 64;

    private static readonly ImmutableArray<BranchRole> Stranger = [BranchRole.Stranger];
    private static readonly ImmutableArray<BranchRole> Controller = [BranchRole.Controller];
    private static readonly ImmutableArray<BranchRole> Bot = [BranchRole.Bot];

    /// <summary>Every command but <see cref="BranchCommand.Unknown"/>.</summary>
    public static ImmutableArray<BranchCommandRow> All { get; } =
    [
        Row(BranchCommand.ShowKey, Stranger, "AUTH", null, BranchShape.None,
            BranchReply.KeyAccepted, BranchReply.KeyRefused, BranchReply.KeyAlreadyShown, BranchReply.KeyNotAsked),
        Row(BranchCommand.SetType, Stranger, "SET_MACHINE_TYPE", null, BranchShape.None,
            BranchReply.TypeAccepted, BranchReply.TypeRefused, BranchReply.KeyRequired),
        Row(BranchCommand.SetName, [BranchRole.Controller, BranchRole.Bot], "SET_MACHINE_NAME", null, BranchShape.None, BranchReply.NameAccepted),
        Row(BranchCommand.LogOn, Stranger, null, "AUTH", BranchShape.LoggedOn,
            BranchReply.FieldMissing, BranchReply.VersionRefused, BranchReply.KeyRefused, BranchReply.NameRefused, BranchReply.TypeRefused),

        Row(BranchCommand.Checkout, Controller, "CHECKOUT_PACKAGE", "CHECKOUT", BranchShape.PackageBuild, BranchReply.CheckoutUnknown),
        Row(BranchCommand.PackageInfo, Controller, "PACKAGE_INFO", null, BranchShape.PackageBuild, BranchReply.PackageInfoUnknown),
        Row(BranchCommand.Submit, Controller, "SUBMIT_PACKAGE", "SUBMIT", BranchShape.None,
            BranchReply.SubmitAccepted, BranchReply.SubmitUnreadable, BranchReply.SubmitInvalid, BranchReply.SubmitNotStored),
        Row(BranchCommand.ReleaseBuild, Controller, "RELEASE_BUILD", "BUILD", BranchShape.None,
            BranchReply.BuildQueued, BranchReply.BuildTaken, BranchReply.BuildUnknown, BranchReply.BuildNoRelease, BranchReply.BuildDamaged, BranchReply.DataMissing),
        Row(BranchCommand.CrossBuild, Controller, "CROSS_BUILD", "BUILD", BranchShape.None,
            BranchReply.BuildQueued, BranchReply.BuildTaken, BranchReply.BuildUnknown, BranchReply.BuildNoCross, BranchReply.BuildDamaged, BranchReply.DataMissing),
        Row(BranchCommand.JobLog, Controller, "VIEW_LOG", "GETJOBLOG,VIEWJOBLOG", BranchShape.Texts,
            BranchReply.LogUnknownJob, BranchReply.LogMissing, BranchReply.LogOffset, BranchReply.DataMissing),
        Row(BranchCommand.SystemLog, Controller, "VIEW_SYS_EVENTS", "GETSYSLOG", BranchShape.Texts),
        Row(BranchCommand.Dependers, Controller, "GET_DEPENDERS", "GETDEPENDERS", BranchShape.Dependers, BranchReply.DependersUnknown),
        Row(BranchCommand.DependerTree, Controller, "GET_TREE_STR", null, BranchShape.Tree, BranchReply.DependersUnknown),
        Row(BranchCommand.RebuildDependers, Controller, "REBUILD_DEPENDERS", "REBUILDDEPENDERS", BranchShape.None,
            BranchReply.RebuildQueued, BranchReply.DependersUnknown, BranchReply.SolutionNoRelease, BranchReply.SolutionNoCross, BranchReply.RebuildCircular,
            BranchReply.BuildDamaged),
        Row(BranchCommand.Jobs, Controller, null, "GETJOBSTATUS", BranchShape.JobLists),
        Row(BranchCommand.QueuedJobs, Controller, "QUEUED_JOBS_STATUS", null, BranchShape.Jobs),
        Row(BranchCommand.RunningJobs, Controller, "RUNNING_JOBS_STATUS", null, BranchShape.Jobs),
        Row(BranchCommand.CompletedJobs, Controller, "COMPLETED_JOBS_STATUS", null, BranchShape.Jobs),
        Row(BranchCommand.Clients, Controller, null, "GETCONNECTEDCLIENTS", BranchShape.Clients),
        Row(BranchCommand.Controllers, Controller, "CONNECTED_CONTROLLERS", null, BranchShape.Texts),
        Row(BranchCommand.Bots, Controller, "CONNECTED_BUILDBOTS", null, BranchShape.Texts),
        Row(BranchCommand.Packages, Controller, "MANAGED_PACKAGES", "GETMANAGEDPKGS", BranchShape.Texts),
        Row(BranchCommand.PackageBuilds, Controller, "MANAGED_PKGBUILDS", "GETMANAGEDPKGBUILDS", BranchShape.Texts),
        Row(BranchCommand.ClearCompleted, Controller, "CLEAR_COMPLETED_JOBS", "CLEARCOMPLETEDJOBS", BranchShape.None, BranchReply.JobsCleared),
        Row(BranchCommand.CancelJob, Controller, "CANCEL_QUEUED_JOB", "CANCELQUEUEDJOB", BranchShape.None,
            BranchReply.JobCanceled, BranchReply.CancelUnknown, BranchReply.CancelNotQueued),
        Row(BranchCommand.CancelAll, Controller, "CANCEL_ALL_QUEUED_JOBS", "CANCELQUEUEDJOBS", BranchShape.None, BranchReply.JobsCanceled),
        Row(BranchCommand.ReleaseSolution, Controller, "SUBMIT_SOLUTION_RB", "SUBMITSOLUTION", BranchShape.None,
            BranchReply.SolutionQueued, BranchReply.SolutionNoRelease, BranchReply.SolutionInvalid, BranchReply.SolutionUnknown, BranchReply.DataMissing,
            BranchReply.BuildDamaged),
        Row(BranchCommand.CrossSolution, Controller, "SUBMIT_SOLUTION_CB", "SUBMITSOLUTION", BranchShape.None,
            BranchReply.SolutionQueued, BranchReply.SolutionNoCross, BranchReply.SolutionInvalid, BranchReply.SolutionUnknown, BranchReply.DataMissing,
            BranchReply.BuildDamaged),
        Row(BranchCommand.ClientInfo, Controller, "GET_CLIENT_INFO", "GETCLIENTINFO", BranchShape.ClientInfo, BranchReply.ClientUnknown),
        Row(BranchCommand.LockedPackages, Controller, "GET_LOCKED_PACKAGES", null, BranchShape.Texts),
        Row(BranchCommand.Delete, Controller, "DELETE_PKGBUILD", "DELETEPKG", BranchShape.None,
            BranchReply.Deleted, BranchReply.DeleteUnknown, BranchReply.DeleteRequired, BranchReply.DeleteNameless),
        Row(BranchCommand.ExtraSources, Controller, "GET_MANAGED_EXTRA_SOURCES", "GETMANAGEDEXTRASOURCES", BranchShape.ExtraSources),
        Row(BranchCommand.RemoveExtraSource, Controller, "REMOVE_EXTRA_SOURCE", "REMOVEEXTRASOURCE", BranchShape.None,
            BranchReply.SourceRemoved, BranchReply.SourceUnknown),
        Row(BranchCommand.TransferExtraSource, Controller, "TRANSFER_EXTRA_SOURCE", "TRANSFEREXTRASOURCE", BranchShape.None,
            BranchReply.TransferReady, BranchReply.TransferLength, BranchReply.TransferDone, BranchReply.DataMissing),
        Row(BranchCommand.CompleteTransfer, Controller, "COMPLETE_TRANSFER", "COMPLETETRANSFER", BranchShape.None,
            BranchReply.TransferInserted, BranchReply.TransferNotInserted, BranchReply.TransferNothing),

        Row(BranchCommand.MachineInformation, Bot, "SET_MACHINE_INFORMATION", "SETMACHINEINFO,SETMACHINEINFORMATION", BranchShape.None,
            BranchReply.MachineAccepted, BranchReply.MachineInvalid),
        Row(BranchCommand.DeploymentConfiguration, Bot, "GET_DEPLOYMENT_CONFIG", "GETDEPLOYMENTCONFIG", BranchShape.Deployment),
        Row(BranchCommand.Ready, Bot, "SIG_READY", "SIGREADY", BranchShape.None, BranchReply.ReadyAccepted),
        Row(BranchCommand.Pong, Bot, "PONG", "PONG", BranchShape.None, BranchReply.PongAccepted),
        Row(BranchCommand.StatusUpdate, Bot, "REPORT_STATUS_UPDATE", "REPORTSTATUSUPDATE,REPORT_STATUS_UPDATE", BranchShape.None,
            BranchReply.StatusAccepted, BranchReply.StatusInvalid, BranchReply.StatusNoJob),
        Row(BranchCommand.BareStatus, Bot, "JOB_ACCEPTED,BUILD_ENV_READY,BUILD_COMPLETE,BUILD_FAILED,BUILD_CLEAN", null, BranchShape.None,
            BranchReply.StatusAccepted, BranchReply.StatusNoJob),
        Row(BranchCommand.SubmitLog, Bot, "SUBMIT_LOG", "SUBMITLOG", BranchShape.None, BranchReply.LogAccepted, BranchReply.LogNoJob),
        Row(BranchCommand.AppendLog, Bot, null, "APPENDLOG", BranchShape.None, BranchReply.AppendAccepted, BranchReply.LogNoJob),
        Row(BranchCommand.SubmitContent, Bot, null, "SUBMITCONTENT", BranchShape.Conflicts,
            BranchReply.ContentAccepted, BranchReply.ContentInvalid, BranchReply.ContentNoJob),
        Row(BranchCommand.TransferPackage, Bot, "FILE_TRANSFER_MODE", "FILETRANSFERMODE", BranchShape.None,
            BranchReply.PackageTransferReady, BranchReply.PackageLength, BranchReply.PackageNoJob, BranchReply.TransferDone),
        Row(BranchCommand.ExtraSourceInfo, Bot, "EXTRA_SOURCE_INFO", "GETEXTRASOURCEINFO", BranchShape.ExtraSourceInfo, BranchReply.InfoUnknown),
        Row(BranchCommand.FetchExtraSource, Bot, "FETCH_EXTRA_SOURCE", "FETCHEXTRASOURCE", BranchShape.Bytes, BranchReply.FetchUnknown),
        Row(BranchCommand.SystemEvent, Bot, "REPORT_SYS_EVENTS,REPORT_SYS_EVENT", "REPORTSYSEVENT,REPORT_SYS_EVENT", BranchShape.None, BranchReply.EventAccepted),
    ];

    private static readonly FrozenDictionary<BranchCommand, BranchCommandRow> ByCommand = All.ToFrozenDictionary(r => r.Command);

    private static readonly FrozenDictionary<(BranchRole, string), BranchCommandRow> ByV1 = Words(r => r.V1);

    private static readonly FrozenDictionary<(BranchRole, string), BranchCommandRow> ByV2 = Words(r => r.V2);

    public static BranchCommandRow Of(BranchCommand command) => ByCommand[command];

    /// <summary>The command of a word for a peer of that role; null when it has none.</summary>
    internal static BranchCommandRow? Find(BranchDialect dialect, BranchRole role, string word) =>
        (dialect == BranchDialect.V1 ? ByV1 : ByV2).GetValueOrDefault((role, word));

    private static BranchCommandRow Row(
        BranchCommand command, ImmutableArray<BranchRole> roles, string? v1, string? v2, BranchShape shape, params ImmutableArray<BranchReply> replies) =>
        new(command, roles, [.. v1?.Split(',') ?? []], [.. v2?.Split(',') ?? []], shape, replies);

    /// <summary>Two commands of one word (V2's BUILD) are told apart by what they carry; the first stands for both.</summary>
    private static FrozenDictionary<(BranchRole, string), BranchCommandRow> Words(Func<BranchCommandRow, ImmutableArray<string>> words) =>
        All.SelectMany(r => r.Roles.SelectMany(role => words(r).Select(w => (Key: (role, w), Row: r))))
            .DistinctBy(e => e.Key).ToFrozenDictionary(e => e.Key, e => e.Row);
}
