using Quern.Model;

namespace Quern.Storage;

/// <summary>A blob that is whole and on disk.</summary>
/// <param name="Md5">32 lower-case hexadecimal digits: the leaf protocol names files by it; Quern itself never relies on it.</param>
public sealed record StoredBlob(Sha256Hash Sha256, string Md5, long Bytes);
