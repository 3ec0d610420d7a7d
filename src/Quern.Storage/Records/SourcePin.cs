using Quern.Model;

namespace Quern.Storage;

/// <summary>What the first fetch of an address brought: later ones must bring the same.</summary>
public sealed record SourcePin(string Url, Sha256Hash Sha256, long Bytes, DateTimeOffset Time);
