using System.Globalization;

namespace Quern.Agents;

/// <summary>What goes into an installable agent. The same bundle gives the same bytes, whenever and wherever it is packed.</summary>
/// <param name="Platform">That the program is for.</param>
/// <param name="Release">Of the program.</param>
/// <param name="Made">The time of all that is inside; also the second half of the version, so that a later bundle is the newer one.</param>
public sealed record AgentBundle(AgentPlatform Platform, Version Release, DateTimeOffset Made)
{
    /// <summary>The program <c>quern-worker</c>.</summary>
    public required ReadOnlyMemory<byte> Program { get; init; }

    /// <summary>The file <c>agent.json</c>. It holds a key, so it is readable by its owner alone wherever it is unpacked.</summary>
    public required ReadOnlyMemory<byte> Configuration { get; init; }

    /// <summary>A root file system that an image stands on; null where there is none.</summary>
    public BaseLayer? Base { get; init; }

    /// <summary>When it was made, as digits: whole seconds, UTC.</summary>
    public string Build => Made.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    /// <summary>For instance <c>0.1.0+20261129045100</c>.</summary>
    public string FullVersion => $"{Release.ToString(3)}+{Build}";

    /// <summary>Seconds since 1970.</summary>
    public long ModifiedSeconds => Made.ToUnixTimeSeconds();

    /// <summary>Nothing of what is inside.</summary>
    public override string ToString() => $"quern-agent {FullVersion} for {Platform}";
}
