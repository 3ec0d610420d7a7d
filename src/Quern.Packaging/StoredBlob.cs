using Quern.Model;

namespace Quern.Packaging;

/// <summary>What was kept.</summary>
public sealed record StoredBlob(Sha256Hash Sha256, long Bytes);
