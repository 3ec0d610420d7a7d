using Quern.Agents;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>A program that agents of a platform can be made of.</summary>
/// <param name="Base">The root for images; null when there is none.</param>
internal sealed record AgentPayload(AgentPlatform Platform, string Path, long Bytes, string? Base)
{
    public BaseLayer? BaseLayer => Base is { } file ? new BaseLayer(() => OpenBase(file), file.EndsWith(".gz", StringComparison.Ordinal)) : null;

    private static FileStream OpenBase(string file)
    {
        try
        {
            return RegularFile.OpenRead(file);
        }
        catch (IOException e)
        {
            throw new IOException($"{file} cannot be read: {e.Message}", e);
        }
    }
}
