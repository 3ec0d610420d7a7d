using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Packaging.Roots;

/// <summary>A template root that is made and stored; kept as JSON beside the others.</summary>
/// <param name="Key">Hash of everything it was made from; the same inputs make it once.</param>
/// <param name="Archive">SHA-256 of its blob, a tar under gzip; also the name of its folder on workers.</param>
/// <param name="Bytes">Length of the blob.</param>
/// <param name="Description">For people, for instance <c>Debian bookworm with gcc, make</c>.</param>
/// <param name="MadeAt">When.</param>
/// <param name="Files">How many files and links it holds; <see cref="RootMaker.FilesAsync"/> lists them.</param>
public sealed record RootTemplate(string Key, string Archive, long Bytes, string Description, DateTimeOffset MadeAt, int Files)
{
    /// <summary>The blob's address.</summary>
    public Sha256Hash ArchiveHash => Sha256Hash.TryParse(Archive, out var hash) ? hash : default;
}
