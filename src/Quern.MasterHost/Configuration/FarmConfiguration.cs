using System.Collections.Immutable;
using System.Net;
using Quern.Model;
using Quern.Packaging.Planning;

namespace Quern.MasterHost.Configuration;

/// <summary>What <c>quern.yaml</c> says. Members that the file leaves out are null, empty or have the documented default.</summary>
public sealed record FarmConfiguration
{
    public static FarmConfiguration Empty { get; } = new();

    /// <summary>The file it was read from, absolute; empty for none.</summary>
    public string File { get; init; } = "";

    /// <summary>The data folder, absolute; null leaves it to the command line.</summary>
    public string? DataFolder { get; init; }

    /// <summary><c>sqlite:FILE</c> or <c>postgres:…</c>; null for SQLite in the data folder.</summary>
    public string? Store { get; init; }

    /// <summary>Where HTTP listens; null leaves it to the command line.</summary>
    public IPEndPoint? Http { get; init; }

    public ImmutableArray<ListenerSetting> Listeners { get; init; } = [];

    public ImmutableArray<WorkerSetting> Workers { get; init; } = [];

    /// <summary>Keys of Branch bots and the group each one joins.</summary>
    public ImmutableArray<BranchKeySetting> BranchKeys { get; init; } = [];

    /// <summary>Null when release builds are not configured.</summary>
    public EnvironmentSettings? Release { get; init; }

    /// <summary>Null when cross builds are not configured.</summary>
    public EnvironmentSettings? Cross { get; init; }

    /// <summary>Absolute folders in which explicit plans may read and write files of the master; none by default.</summary>
    public ImmutableArray<string> PlanFolders { get; init; } = [];

    /// <summary>Absolute folders from which recipes may take <c>file:</c> sources; none by default.</summary>
    public ImmutableArray<string> SourceFolders { get; init; } = [];

    /// <summary>Whether sources may come from loopback, link-local and private addresses.</summary>
    public bool AllowPrivateAddresses { get; init; }

    public LimitSettings Limits { get; init; } = new();

    public RetentionSettings Retention { get; init; } = new();
}

/// <summary>One door of the farm.</summary>
/// <param name="Protocol">One of <see cref="ListenerProtocols.All"/>.</param>
/// <param name="Port">0 picks a free one.</param>
public sealed record ListenerSetting(string Protocol, IPAddress Address, int Port);

/// <summary>A worker that may join.</summary>
/// <param name="Slots">How many jobs it runs at once, from 1.</param>
/// <param name="Tags">Words that jobs can ask for, for instance <c>arch=aarch64</c>.</param>
public sealed record WorkerSetting(WorkerName Name, string Password, int Slots, ImmutableArray<string> Tags);

/// <summary>What a Branch bot that shows <paramref name="Key"/> belongs to.</summary>
public sealed record BranchKeySetting(string Key, string Group);

/// <summary>Bounds on what others may make the master hold.</summary>
public sealed record LimitSettings
{
    /// <summary>Bytes of one job's log before the rest is dropped with a mark. Default 64 GiB: above any real log, below a disk.</summary>
    public long LogBytes { get; init; } = 64L << 30;

    /// <summary>Bytes of one package. Default 4 GiB: the largest packages of Debian are half of that.</summary>
    public long PackageBytes { get; init; } = 4L << 30;

    /// <summary>Bytes of one source. Default 4 GiB, for the same reason.</summary>
    public long SourceBytes { get; init; } = 4L << 30;

    /// <summary>Bytes of one HTTP request body except uploads of sources. Default 16 MiB: a batch of 1,000 jobs with plans is a tenth of it.</summary>
    public long RequestBytes { get; init; } = 16L << 20;

    /// <summary>Jobs in one submission. Default 10,000.</summary>
    public int BatchJobs { get; init; } = 10_000;
}

/// <summary>How long finished things are kept; null keeps them for ever.</summary>
public sealed record RetentionSettings
{
    public TimeSpan? Logs { get; init; }

    public TimeSpan? FailedLogs { get; init; }
}
