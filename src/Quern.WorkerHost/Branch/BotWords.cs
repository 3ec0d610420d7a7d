using System.Diagnostics;

namespace Quern.WorkerHost;

/// <summary>What a bot of one revision calls what it does. Branch protocol, sections "V2 bot life cycle" and "V1 frames from master to bot".</summary>
/// <param name="Fetching">The status before sources are fetched.</param>
/// <param name="Installing">Before the dependencies of the build are installed.</param>
/// <param name="Stripping">Before programs are stripped.</param>
/// <param name="Cleaning">Before the build's root is thrown away.</param>
/// <param name="IsLive">Whether the log goes out while it grows, with a mark before each kind of line, and files are compared with those of other packages.</param>
internal sealed record BotWords(string Fetching, string Installing, string Stripping, string Cleaning, bool IsLive)
{
    public const string Accepted = "JOB_ACCEPTED";
    public const string Invalid = "INVALID_REQUEST";
    public const string RootReady = "BUILD_ENV_READY";
    public const string Building = "BUILDING";
    public const string Checking = "CONFLICT_CHECK";
    public const string Complete = "BUILD_COMPLETE";
    public const string Failed = "BUILD_FAILED";

    public static BotWords Of(BranchRevision revision) => revision switch
    {
        BranchRevision.V21 => new("FETCHING_SOURCES", "INSTALLING_DEPENDENCIES", "STRIPPING_BINARIES", "CLEANING_BUILD_ENV", true),
        BranchRevision.V20 => new("FETCHING_SOURCES", "INSTALLING_DEPS", "STRIP_BINS", "CLEANING_BUILD_ENV", false),
        BranchRevision.V1b => new("FETCHING_SOURCE", "INSTALLING_DEPS", "STRIP_BINS", "BUILD_ENV_CLEAN", false),
        _ => throw new UnreachableException(),
    };
}
