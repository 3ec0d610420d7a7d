using Quern.Model;

namespace Quern.Storage;

/// <summary>A managed extra source: bytes of the artifact store that recipes name by id.</summary>
/// <param name="Id">A UUID in lower-case text.</param>
/// <param name="Filename">What the file is called where it is unpacked.</param>
public sealed record ExtraSource(string Id, string Filename, string Description, Sha256Hash Sha256, long Bytes, Actor AddedBy, DateTimeOffset Time);
