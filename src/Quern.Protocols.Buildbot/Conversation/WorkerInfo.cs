using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>What a worker answers to <c>get_worker_info</c>. Claims of a peer, cut to sane sizes.</summary>
public sealed record WorkerInfo
{
    public string Version { get; init; } = "";

    /// <summary>Absolute, in the worker's notation.</summary>
    public string BaseDirectory { get; init; } = "";

    /// <summary>0 when the worker does not say.</summary>
    public int CpuCount { get; init; }

    /// <summary><c>posix</c> or <c>nt</c>: how paths are joined.</summary>
    public string System { get; init; } = "posix";

    public ImmutableSortedDictionary<string, string> Environment { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Command names with their versions.</summary>
    public ImmutableSortedDictionary<string, string> Commands { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    public string Admin { get; init; } = "";

    public string Host { get; init; } = "";

    /// <summary>The keys <c>os_name</c>, <c>os_version</c>, ... without their prefix.</summary>
    public ImmutableSortedDictionary<string, string> OperatingSystem { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>As <c>uname -m</c> prints it; empty from stock workers, which do not say.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>As .NET calls it; empty from all but agents.</summary>
    public string Platform { get; init; } = "";

    /// <summary>SHA-256 of the program in lower-case hexadecimal; empty from all but agents, and when it is none.</summary>
    public string Program { get; init; } = "";

    public bool DeletesLeftoverDirectories { get; init; }

    /// <summary>Whether it is Quern's own worker, which understands more than stock ones.</summary>
    public bool IsQuern { get; init; }
}
