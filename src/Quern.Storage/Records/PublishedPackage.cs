namespace Quern.Storage;

/// <summary>A published artifact with what it says of itself: by the revision that was built, not the newest one.</summary>
/// <param name="Md5">Of the file, 32 lower-case hexadecimal digits; empty while nobody has computed it.</param>
public sealed record PublishedPackage(StoredArtifact Artifact, PackageFacts Facts, string Md5);
