using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>What a worker says about itself when it joins. Everything here is a claim of the peer.</summary>
public sealed record WorkerDescription
{
    public required WorkerName Name { get; init; }

    /// <summary>The protocol it joined by: <c>buildbot-msgpack</c>, <c>buildbot-pb</c>, <c>embedded</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The worker program's version, for instance <c>3.7.0</c>.</summary>
    public string Version { get; init; } = "";

    /// <summary>The folder all its working places lie in; absolute.</summary>
    public string BaseDirectory { get; init; } = "";

    public int CpuCount { get; init; }

    /// <summary>As <c>uname -m</c> prints it; empty when the worker does not say.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>For people, for instance <c>Debian GNU/Linux 12 (bookworm)</c>.</summary>
    public string OperatingSystem { get; init; } = "";

    /// <summary>Command names it understands.</summary>
    public ImmutableSortedSet<string> Commands { get; init; } = [];

    /// <summary>As .NET calls it, for instance <c>linux-musl-x64</c>; only agents say it.</summary>
    public string Platform { get; init; } = "";

    /// <summary>The file that it runs as; null when it does not say. Only agents do.</summary>
    public Sha256Hash? Program { get; init; }

    public string Admin { get; init; } = "";

    public string Host { get; init; } = "";
}
