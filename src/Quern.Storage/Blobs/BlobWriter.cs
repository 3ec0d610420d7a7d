using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Quern.Model;

namespace Quern.Storage;

/// <summary>Takes in one blob. One call at a time; disposing without <see cref="CommitAsync"/> leaves nothing behind.</summary>
public sealed class BlobWriter : IAsyncDisposable
{
    private readonly BlobStore _store;
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly long _maxBytes;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _md5 = CreateMd5();
    private bool _broken;    // after a failure: what is in the file is not what was hashed
    private bool _published;

    internal BlobWriter(BlobStore store, string path, SafeFileHandle file, long maxBytes) =>
        (_store, _path, _file, _maxBytes) = (store, path, file, maxBytes);

    /// <summary>Bytes taken in so far.</summary>
    public long Bytes { get; private set; }

    /// <exception cref="BlobTooLargeException">More than allowed; the writer is of no further use.</exception>
    /// <exception cref="BlobWriteException">The disk refused the bytes; the writer is of no further use.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation = default)
    {
        EnsureUsable();
        if (bytes.Length > _maxBytes - Bytes)
        {
            _broken = true;
            throw new BlobTooLargeException(_maxBytes);
        }
        _broken = true; // until the bytes are written and hashed
        try
        {
            // Writing and hashing go on beside each other; hashing takes longer.
            var writing = RandomAccess.WriteAsync(_file, bytes, Bytes, cancellation);
            _sha256.AppendData(bytes.Span);
            _md5.AppendData(bytes.Span);
            await writing;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BlobWriteException(Path.GetDirectoryName(_path)!, Bytes, error.Message);
        }
        Bytes += bytes.Length;
        _broken = false;
    }

    /// <summary>Puts the bytes on disk, then the name: only then is the blob there, and it stays.</summary>
    /// <exception cref="BlobWriteException">The disk refused; the blob is not visible.</exception>
    public async ValueTask<StoredBlob> CommitAsync(CancellationToken cancellation = default)
    {
        EnsureUsable();
        _broken = true;
        var hash = Sha256Hash.FromBytes(_sha256.GetHashAndReset());
        string md5 = Convert.ToHexStringLower(_md5.GetHashAndReset());
        string? error = await Task.Run(() => SyncAndPublish(hash), cancellation);
        if (error is not null) throw new BlobWriteException(Path.GetDirectoryName(_path)!, Bytes, error);
        _published = true;
        return new StoredBlob(hash, md5, Bytes);
    }

    public ValueTask DisposeAsync()
    {
        // Deleted before it is closed: while it is open its lock keeps others from taking the name for theirs.
        if (!_published) File.Delete(_path);
        _file.Dispose();
        _sha256.Dispose();
        _md5.Dispose();
        return ValueTask.CompletedTask;
    }

    private string? SyncAndPublish(Sha256Hash hash)
    {
        try
        {
            return Posix.SyncFile(_file) ?? _store.Publish(_path, hash);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    private void EnsureUsable()
    {
        if (_broken) throw new InvalidOperationException("The blob's writer has failed or is committed; begin the blob anew.");
    }

    [SuppressMessage("Security", "CA5351", Justification = "The leaf protocol names files by MD5; integrity rests on SHA-256.")]
    private static IncrementalHash CreateMd5() => IncrementalHash.CreateHash(HashAlgorithmName.MD5);
}
