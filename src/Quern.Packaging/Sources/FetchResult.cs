using System.Text.Json.Serialization;

namespace Quern.Packaging.Sources;

/// <summary>How a fetch ended; the fetcher prints it as one line of JSON.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "result")]
[JsonDerivedType(typeof(Fetched), "fetched")]
[JsonDerivedType(typeof(Failed), "failed")]
public abstract record FetchResult
{
    private FetchResult() { }

    /// <param name="FileName">Its safe name.</param>
    /// <param name="Sha256">64 lower-case hexadecimal digits of what was written.</param>
    /// <param name="Bytes">Its length.</param>
    /// <param name="Version">The upstream version for <c>deb-src:</c>; null otherwise.</param>
    public sealed record Fetched(string FileName, string Sha256, long Bytes, string? Version) : FetchResult;

    /// <param name="Message">What was tried, what was wrong and what to do.</param>
    /// <param name="MayPass">Whether trying again later may help (network, mirror); false for a wrong recipe.</param>
    public sealed record Failed(string Message, bool MayPass) : FetchResult;
}
