using Quern.Model;

namespace Quern.Packaging.Sources;

/// <summary>What came of fetching one source.</summary>
public abstract record SourceResult
{
    private SourceResult() { }

    /// <param name="FileName">A safe name for the worker.</param>
    /// <param name="Sha256">The blob, in the store; to be recorded when the recipe names no hash.</param>
    /// <param name="Bytes">Its length.</param>
    /// <param name="Version">The upstream version for <c>deb-src:</c>; null otherwise.</param>
    public sealed record Fetched(string FileName, Sha256Hash Sha256, long Bytes, string? Version) : SourceResult;

    /// <param name="Message">What was tried, what was wrong and what to do.</param>
    /// <param name="MayPass">Whether trying again later may help.</param>
    public sealed record Failed(string Message, bool MayPass) : SourceResult;
}
