using System.Collections.Immutable;
using Quern.Model;

namespace Quern.WorkerHost;

/// <summary>What a worker is told once, from its command line or from the <c>buildbot.tac</c> of its folder.</summary>
internal sealed record WorkerOptions
{
    public required MasterAddress Master { get; init; }

    /// <summary>Other ways to the same farm, of the same protocol, tried in this order while the ones before cannot be had.</summary>
    public ImmutableArray<MasterAddress> OtherMasters { get; init; } = [];

    public required WorkerName Name { get; init; }

    /// <summary>Where builds happen; absolute.</summary>
    public required string BaseDirectory { get; init; }

    /// <summary>The program ends after so many failed attempts in a row; null for never.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>
    /// How often a master that speaks Perspective Broker is asked for a sign of life; null for never. The default is that of stock workers.
    /// </summary>
    public TimeSpan? KeepAlive { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What the master is told of the processors; null for those there are.</summary>
    public int? Cpus { get; init; }

    /// <summary>Whether folders that no builder of the master uses are deleted when it says which it has.</summary>
    public bool DeleteLeftoverDirs { get; init; }

    /// <summary>For a Branch master: the only revision to speak; null for the one that it does.</summary>
    public BranchRevision? Revision { get; init; }

    /// <summary>For a Branch master: whether builds may reach the network.</summary>
    public bool BuildNetwork { get; init; }

    /// <summary>For a Branch master: whether recipes may name sources at loopback, link-local and private addresses.</summary>
    public bool PrivateSources { get; init; }

    /// <summary>Comes back more slowly the longer the farm is away, up to every five minutes.</summary>
    public bool Patient { get; init; }

    /// <summary>What lets the worker ask its master for an orderly end.</summary>
    public ShutdownTrigger AllowShutdown { get; init; }
}
