using System.Buffers;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <summary>
/// A file on its way, an extra source or a bot's package: bytes come in, and only the request that completes it makes something of
/// them. Disposed without that nothing is left. Used by one connection.
/// </summary>
internal sealed class BranchUpload(BlobStore blobs, long length) : IAsyncDisposable
{
    private readonly BlobWriter _writer = blobs.Create(length);

    /// <summary>Why the disk did not take the bytes; null while all is well. The bytes that come after are thrown away.</summary>
    public string? Problem { get; private set; }

    /// <summary>Of an extra source, made safe already.</summary>
    public string FileName { get; init; } = "";

    /// <summary>Of an extra source.</summary>
    public string Description { get; init; } = "";

    /// <summary>Whether all bytes are there.</summary>
    public bool IsWhole => Problem is null && _writer.Bytes == length;

    public async ValueTask TakeAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellationToken)
    {
        if (Problem is not null) return;
        try
        {
            foreach (var piece in bytes) await _writer.WriteAsync(piece, cancellationToken);
        }
        catch (Exception error) when (error is BlobWriteException or BlobTooLargeException)
        {
            Problem = error.Message;
        }
    }

    /// <summary>Puts the bytes on disk for good.</summary>
    /// <exception cref="BlobWriteException">The disk refused.</exception>
    public ValueTask<StoredBlob> CommitAsync(CancellationToken cancellationToken) => _writer.CommitAsync(cancellationToken);

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
