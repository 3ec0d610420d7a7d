using Quern.Model;

namespace Quern.Packaging;

/// <summary>
/// What packaging needs of the artifact store: bytes by their SHA-256. Both calls may run at once from many tasks.
/// </summary>
public interface IBlobSource
{
    /// <summary>The bytes of a blob; null when the store does not have it. The caller disposes the stream.</summary>
    Task<Stream?> OpenAsync(Sha256Hash hash, CancellationToken cancellationToken);

    /// <summary>Reads the stream to its end and keeps the bytes; whole and on disk when it returns.</summary>
    Task<StoredBlob> AddAsync(Stream content, CancellationToken cancellationToken);
}
