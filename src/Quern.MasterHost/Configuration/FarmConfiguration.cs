using System.Collections.Immutable;
using System.Net;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Peers.Estate;
using Quern.Pipelines;

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

    /// <summary>Who may come in over the Branch protocol.</summary>
    public BranchSettings Branch { get; init; } = new();

    /// <summary>What is offered over Branch's HTTP API.</summary>
    public LeafSettings Leaf { get; init; } = new();

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

    /// <summary>How people sign in.</summary>
    public AccountSettings Accounts { get; init; } = new();

    public RetentionSettings Retention { get; init; } = new();

    /// <summary>Lock to the number of jobs that may hold it at once.</summary>
    public ImmutableSortedDictionary<string, int> Locks { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Secret to the absolute path of its file.</summary>
    public ImmutableSortedDictionary<string, string> Secrets { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>In the order of the file, with different names.</summary>
    public ImmutableArray<Builder> Builders { get; init; } = [];
}

/// <summary>One door of the farm.</summary>
/// <param name="Protocol">One of <see cref="ListenerProtocols.All"/>.</param>
/// <param name="Port">0 picks a free one.</param>
/// <param name="Revisions">Of the MessagePack protocol: empty for v7 alone, else <c>v7,v1</c>.</param>
public sealed record ListenerSetting(string Protocol, IPAddress Address, int Port, string Revisions = "")
{
    /// <summary>Empty for one made of protocol and port.</summary>
    public string Name { get; init; } = "";

    /// <summary>Never <see cref="ListenerTls.Given"/>: keys do not stand in the file.</summary>
    public ListenerTls Tls { get; init; } = ListenerTls.None;

    public bool OlderTls { get; init; }

    public ListenerLimits Limits { get; init; } = new();

    /// <summary>Of the admin protocol: whether agents may come in.</summary>
    public bool Agents { get; init; } = true;

    /// <summary>Of the admin protocol: whether people may come in.</summary>
    public bool People { get; init; } = true;
}

/// <summary>A worker that may join.</summary>
/// <param name="Slots">How many jobs it runs at once, from 1.</param>
/// <param name="Tags">Words that jobs can ask for, for instance <c>arch=aarch64</c>.</param>
public sealed record WorkerSetting(WorkerName Name, string Password, int Slots, ImmutableArray<string> Tags);

/// <summary>Who may come in over the Branch protocol, and what they may do.</summary>
public sealed record BranchSettings
{
    /// <summary>Keys, each once, with the group that a client with this key belongs to.</summary>
    public ImmutableArray<BranchKeySetting> Keys { get; init; } = [];

    /// <summary>Groups whose rights the file says, each once; any other group may do what a controller is for.</summary>
    public ImmutableArray<BranchGroupSetting> Groups { get; init; } = [];

    /// <summary>Whether clients without a good key are let in too.</summary>
    public bool Untrusted { get; init; }

    /// <summary>Packages of the release root of build bots.</summary>
    public ImmutableArray<string> RealRootPackages { get; init; } = [];

    /// <summary>Where the package manager of build bots finds packages; empty when the file does not say.</summary>
    public string PackageListUrl { get; init; } = "";

    public BranchBotSettings Bots { get; init; } = new();
}

/// <summary>Who may be a build bot, and what bots get.</summary>
public sealed record BranchBotSettings
{
    /// <summary>Groups of keys whose clients may be build bots; without any nobody may.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>Plain tags of every bot.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Whether recipes go to bots alone; else to whoever is free and fits.</summary>
    public bool TakeAllRecipes { get; init; }

    /// <summary>How long one build may take. Default 24 h.</summary>
    public TimeSpan MaxBuild { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>What a Branch client that shows <paramref name="Key"/> belongs to.</summary>
public sealed record BranchKeySetting(string Key, string Group);

/// <summary>What the clients of a group may do.</summary>
/// <param name="Rights">Words of <see cref="Access.Right"/>.</param>
public sealed record BranchGroupSetting(string Name, ImmutableArray<string> Rights);

/// <summary>Bounds on what others may make the master hold.</summary>
public sealed record LimitSettings
{
    /// <summary>Bytes of one job's log before the rest is dropped with a mark. Default 64 GiB: above any real log, below a disk.</summary>
    public long LogBytes { get; init; } = 64L << 30;

    /// <summary>Bytes of one package. Default 4 GiB: the largest packages of Debian are half of that.</summary>
    public long PackageBytes { get; init; } = 4L << 30;

    /// <summary>Bytes of one source. Default 4 GiB, for the same reason.</summary>
    public long SourceBytes { get; init; } = 4L << 30;

    /// <summary>Bytes of one HTTP request body except uploads of sources and packages. Default 16 MiB: a batch of 1,000 jobs with plans is a tenth of it.</summary>
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
