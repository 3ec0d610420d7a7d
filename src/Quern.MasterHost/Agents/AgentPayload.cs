using Quern.Agents;

namespace Quern.MasterHost.Agents;

/// <summary>A program that agents of a platform can be made of.</summary>
/// <param name="Base">The root for images; null when there is none.</param>
internal sealed record AgentPayload(AgentPlatform Platform, string Path, long Bytes, string? Base)
{
    public BaseLayer? BaseLayer => Base is { } file ? new BaseLayer(() => File.OpenRead(file), file.EndsWith(".gz", StringComparison.Ordinal)) : null;
}
