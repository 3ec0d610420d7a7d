using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Quern.Model;

namespace Quern.Storage;

/// <summary>
/// Files addressed by their SHA-256: <c>FOLDER/blobs/ab/HEX</c>. A blob is visible only when it is whole and on disk; until
/// then it lies in <c>FOLDER/staging</c>, on the same file system, so that one rename makes it appear.
/// </summary>
/// <remarks>Any number of processes may share the folder.</remarks>
public sealed class BlobStore
{
    private const int CopyBytes = 128 << 10;

    private readonly string _blobs;
    private readonly string _staging;

    /// <param name="folder">Created when missing. What writers that are gone left in staging is removed.</param>
    public BlobStore(string folder)
    {
        string root = Path.GetFullPath(folder);
        (_blobs, _staging) = (Path.Combine(root, "blobs"), Path.Combine(root, "staging"));
        Directory.CreateDirectory(_blobs);
        Directory.CreateDirectory(_staging);
        RemoveStale();
    }

    /// <summary>Begins a blob of at most <paramref name="maxBytes"/>.</summary>
    /// <exception cref="BlobWriteException">The staging file cannot be made.</exception>
    public BlobWriter Create(long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        try
        {
            string path = Path.Combine(_staging, Guid.NewGuid().ToString("N"));
            // The platform takes a shared lock: who looks for stale files cannot get an exclusive one, who reads the
            // published file while the writer is still open gets his.
            var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
            return new BlobWriter(this, path, file, maxBytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BlobWriteException(_staging, 0, error.Message);
        }
    }

    /// <summary>Stores a copy of a file.</summary>
    /// <exception cref="BlobWriteException">The copy cannot be written; errors of reading come as they are.</exception>
    public async Task<StoredBlob> AddFileAsync(string path, CancellationToken cancellation = default)
    {
        await using var source = Open(path);
        await using var writer = Create(long.MaxValue);
        var buffer = new byte[CopyBytes];
        int read;
        while ((read = await source.ReadAsync(buffer, cancellation)) > 0)
            await writer.WriteAsync(buffer.AsMemory(0, read), cancellation);
        return await writer.CommitAsync(cancellation);
    }

    /// <summary>The blob's bytes, seekable; null when there is none. The caller disposes the stream.</summary>
    public Stream? OpenRead(Sha256Hash hash)
    {
        try
        {
            return Open(PathOf(hash));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public bool Contains(Sha256Hash hash) => File.Exists(PathOf(hash));

    /// <summary>Where the blob lies or would lie.</summary>
    /// <exception cref="ArgumentException">The default value addresses nothing.</exception>
    public string PathOf(Sha256Hash hash) => hash.Hex.Length == 0
        ? throw new ArgumentException("An empty hash addresses no blob.", nameof(hash))
        : Path.Combine(_blobs, hash.Hex[..2], hash.Hex);

    /// <summary>Reads the blob again and hashes it.</summary>
    public async Task<BlobCheck> VerifyAsync(Sha256Hash hash, CancellationToken cancellation = default)
    {
        await using var stream = OpenRead(hash);
        if (stream is null) return new BlobCheck.Missing();
        var actual = Sha256Hash.FromBytes(await SHA256.HashDataAsync(stream, cancellation));
        return actual == hash ? new BlobCheck.Whole(stream.Position) : new BlobCheck.Damaged(actual, stream.Position);
    }

    /// <summary>Reads the blob again for its MD5, 32 lower-case hexadecimal digits; null when it is missing or is not what was stored.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "The leaf protocol names files by MD5; integrity rests on SHA-256.")]
    public async Task<string?> Md5Async(Sha256Hash hash, CancellationToken cancellation = default)
    {
        await using var stream = OpenRead(hash);
        if (stream is null) return null;
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var buffer = new byte[CopyBytes];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            sha256.AppendData(buffer, 0, read);
            md5.AppendData(buffer, 0, read);
        }
        return Sha256Hash.FromBytes(sha256.GetHashAndReset()) == hash ? Convert.ToHexStringLower(md5.GetHashAndReset()) : null;
    }

    /// <summary>Makes a synced staging file visible, and durably so. Null, or why not.</summary>
    internal string? Publish(string staged, Sha256Hash hash)
    {
        string path = PathOf(hash);
        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            if (Posix.SyncFolder(_blobs) is { } error) return error;
        }
        // Also where the blob exists: the same bytes again, and damage to the old file is mended.
        return Posix.Rename(staged, path) ?? Posix.SyncFolder(folder);
    }

    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        BufferSize = 0,
    });

    private void RemoveStale()
    {
        foreach (string path in Directory.EnumerateFiles(_staging))
        {
            try
            {
                using var locked = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                File.Delete(path);
            }
            catch (IOException)
            {
                // Another process is writing it, or has just finished.
            }
        }
    }
}
