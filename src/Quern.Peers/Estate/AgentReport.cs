using System.Net;

namespace Quern.Peers.Estate;

/// <summary>What an agent says of its machine: lines of bounded length without control characters.</summary>
/// <param name="Platform">As .NET calls it, for instance <c>linux-x64</c>; empty when it cannot be said.</param>
public sealed record AgentReport(string Uuid, string Hostname, string Platform, string Version, IPAddress From)
{
    /// <summary>Its system in a word of the protocol, for instance <c>linux</c>; empty when it does not say.</summary>
    public string Os { get; init; } = "";

    /// <summary>The same for its processor, for instance <c>x86_64</c>.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Where its program lies; may be empty.</summary>
    public string InstallFolder { get; init; } = "";

    /// <summary>Whether it found a boot agent on its machine.</summary>
    public bool BootAgent { get; init; }
}
