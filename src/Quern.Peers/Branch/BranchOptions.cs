using System.Collections.Immutable;

namespace Quern.Peers.Branch;

/// <summary>Bounds of a listener for Branch programs. The original has none of them.</summary>
public sealed record BranchOptions
{
    /// <summary>From connecting to the end of the login. Every program of the family logs in at once. Default 30 s.</summary>
    public TimeSpan LoginDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without a byte in the middle of a frame or a file. Default 60 s: old Wi-Fi may stall, a live peer not for that long.</summary>
    public TimeSpan StallDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For a peer to take one answer. Default 60 s.</summary>
    public TimeSpan SendDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Before the answer to a wrong key, so that guessing takes long. Default 1 s.</summary>
    public TimeSpan RefusalDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Refused logins on one connection before it is closed. Default 10: a person who mistypes needs two or three.</summary>
    public int MaxRefusals { get; init; } = 10;

    /// <summary>Connections at once. Default 4,096.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Of these, how many may not be logged in. Default 512: a burst of logins, not a crowd of silent strangers.</summary>
    public int MaxStrangers { get; init; } = 512;

    /// <summary>Requests that are worked on at once over all connections; others wait. Default 32.</summary>
    public int MaxParallelRequests { get; init; } = 32;

    /// <summary>Bytes of an extra source. Default 4 GiB.</summary>
    public long MaxSourceBytes { get; init; } = 4L << 30;

    /// <summary>Jobs of each list that an answer holds, the newest. Default 10,000.</summary>
    public int MaxListedJobs { get; init; } = 10_000;

    /// <summary>Names in one solution. Default 10,000.</summary>
    public int MaxSolutionNames { get; init; } = 10_000;

    /// <summary>Bytes of a package of a build bot. Default 4 GiB.</summary>
    public long MaxPackageBytes { get; init; } = 4L << 30;

    /// <summary>Between an answer to a bot and an order. Default 200 ms: old bots hang on two frames in one read.</summary>
    public TimeSpan OrderGap { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>For a bot to accept an order, and again before it is thrown out. Default 5 s, as the original.</summary>
    public TimeSpan AcceptDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an idle bot is asked whether it lives, and how long it has for the answer. Default 40 s, as the original.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>For one build of a bot. Default 24 h; the original has no bound.</summary>
    public TimeSpan MaxBuildTime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Plain tags of every build bot.</summary>
    public ImmutableArray<string> BotTags { get; init; } = [];

    /// <summary>Where the package manager of the bots finds packages; empty when nothing was configured.</summary>
    public string PackageListUrl { get; init; } = "";

    /// <summary>Packages that make the release root of build bots; they cannot be deleted while release builds are on.</summary>
    public ImmutableArray<string> RealRootPackages { get; init; } = [];
}
