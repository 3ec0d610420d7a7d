namespace Quern.Storage;

/// <summary>What an agent says of its machine: lines without control characters, of bounded length; empty where it does not say.</summary>
/// <param name="Platform">As .NET calls it, for instance <c>linux-x64</c>.</param>
public sealed record AgentSays(string Hostname, string Platform, string Version)
{
    /// <inheritdoc cref="StoredAgent.Os"/>
    public string Os { get; init; } = "";

    /// <inheritdoc cref="StoredAgent.Processor"/>
    public string Processor { get; init; } = "";

    /// <inheritdoc cref="StoredAgent.InstallFolder"/>
    public string InstallFolder { get; init; } = "";

    /// <inheritdoc cref="StoredAgent.BootAgent"/>
    public bool BootAgent { get; init; }
}
