using System.Security.Cryptography;
using Quern.Model;
using Quern.Storage.Tests.Logs;
using Xunit;

namespace Quern.Storage.Tests.Blobs;

public sealed class BlobStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly BlobStore _store;

    public BlobStoreTests() => _store = new BlobStore(_folder.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Blob_is_found_by_its_hash_once_committed()
    {
        await using var writer = _store.Create(100);
        await writer.WriteAsync("hello "u8.ToArray(), Cancellation);
        await writer.WriteAsync("world"u8.ToArray(), Cancellation);
        var hash = Sha256Hash.Of("hello world"u8);
        Assert.False(_store.Contains(hash));

        var stored = await writer.CommitAsync(Cancellation);

        Assert.Equal(new StoredBlob(hash, "5eb63bbbe01eeed093cb22bb8f5acdc3", 11), stored);
        Assert.True(_store.Contains(hash));
        Assert.Equal(Path.Combine(_folder.Path, "blobs", hash.Hex[..2], hash.Hex), _store.PathOf(hash));
        await using var read = _store.OpenRead(hash); // while the writer is still open
        using var copy = new MemoryStream();
        await read!.CopyToAsync(copy, Cancellation);
        Assert.Equal("hello world"u8.ToArray(), copy.ToArray());
    }

    [Fact]
    public async Task The_md5_of_a_blob_is_read_from_it_unless_it_is_missing_or_damaged()
    {
        await using var writer = _store.Create(100);
        await writer.WriteAsync("hello world"u8.ToArray(), Cancellation);
        var stored = await writer.CommitAsync(Cancellation);

        Assert.Equal("5eb63bbbe01eeed093cb22bb8f5acdc3", await _store.Md5Async(stored.Sha256, Cancellation));
        Assert.Null(await _store.Md5Async(Sha256Hash.Of("another"u8), Cancellation));
        await File.WriteAllTextAsync(_store.PathOf(stored.Sha256), "hello earth", Cancellation);
        Assert.Null(await _store.Md5Async(stored.Sha256, Cancellation));
    }

    [Fact]
    public async Task Writer_disposed_without_commit_leaves_nothing()
    {
        await using (var writer = _store.Create(100)) await writer.WriteAsync("half"u8.ToArray(), Cancellation);

        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Blob_over_its_limit_is_refused_and_one_at_the_limit_is_not()
    {
        await using var fits = _store.Create(4);
        await fits.WriteAsync("four"u8.ToArray(), Cancellation);
        await fits.CommitAsync(Cancellation);
        await using var writer = _store.Create(4);
        await writer.WriteAsync("fou"u8.ToArray(), Cancellation);

        var refused = await Assert.ThrowsAsync<BlobTooLargeException>(async () => await writer.WriteAsync("rx"u8.ToArray(), Cancellation));

        Assert.Equal(4, refused.MaxBytes);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CommitAsync(Cancellation));
    }

    [Fact]
    public async Task Same_bytes_twice_are_one_blob_and_mend_a_damaged_one()
    {
        var first = await AddAsync("same"u8.ToArray());
        await File.WriteAllBytesAsync(_store.PathOf(first.Sha256), "sane"u8.ToArray(), Cancellation);
        Assert.Equal(new BlobCheck.Damaged(Sha256Hash.Of("sane"u8), 4), await _store.VerifyAsync(first.Sha256, Cancellation));

        var second = await AddAsync("same"u8.ToArray());

        Assert.Equal(first, second);
        Assert.Equal(new BlobCheck.Whole(4), await _store.VerifyAsync(first.Sha256, Cancellation));
        Assert.Single(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Missing_blob_is_null_and_reported_missing()
    {
        var hash = Sha256Hash.Of("never stored"u8);

        Assert.Null(_store.OpenRead(hash));
        Assert.False(_store.Contains(hash));
        Assert.IsType<BlobCheck.Missing>(await _store.VerifyAsync(hash, Cancellation));
        Assert.Throws<ArgumentException>(() => _store.PathOf(default));
    }

    [Fact]
    public async Task Stale_staging_files_go_at_open_and_those_being_written_stay()
    {
        string stale = Path.Combine(_folder.Path, "staging", "stale");
        await File.WriteAllBytesAsync(stale, new byte[10], Cancellation);
        await using var writer = _store.Create(100);
        await writer.WriteAsync("live"u8.ToArray(), Cancellation);

        _ = new BlobStore(_folder.Path);

        Assert.False(File.Exists(stale));
        var stored = await writer.CommitAsync(Cancellation);
        Assert.True(_store.Contains(stored.Sha256));
    }

    [Fact]
    public async Task File_is_added_whole()
    {
        var bytes = new byte[1_000_003];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(_folder["file"], bytes, Cancellation);

        var stored = await _store.AddFileAsync(_folder["file"], Cancellation);

        Assert.Equal((Sha256Hash.FromBytes(SHA256.HashData(bytes)), 1_000_003L), (stored.Sha256, stored.Bytes));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_store.PathOf(stored.Sha256), Cancellation));
    }

    private async Task<StoredBlob> AddAsync(byte[] bytes)
    {
        await using var writer = _store.Create(bytes.Length);
        await writer.WriteAsync(bytes, Cancellation);
        return await writer.CommitAsync(Cancellation);
    }
}
