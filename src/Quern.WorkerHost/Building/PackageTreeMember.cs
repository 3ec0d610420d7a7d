namespace Quern.WorkerHost;

/// <summary>One thing that a build has installed.</summary>
/// <param name="Path">Below <c>data</c>, without leading slash; empty for <c>data</c> itself when it is empty.</param>
/// <param name="Target">Of a link, as written; null for anything else.</param>
/// <param name="IsFolder">An empty folder.</param>
internal sealed record PackageTreeMember(string Path, string? Target, bool IsFolder);
