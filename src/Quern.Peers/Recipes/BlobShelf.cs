using Quern.Model;
using Quern.Packaging;
using Quern.Storage;

namespace Quern.Peers.Recipes;

/// <summary>The blob store as packaging sees it.</summary>
public sealed class BlobShelf(BlobStore blobs, long maxBytes) : IBlobSource
{
    private const int CopyBufferBytes = 1 << 20;

    public Task<Stream?> OpenAsync(Sha256Hash hash, CancellationToken cancellationToken) => Task.FromResult(blobs.OpenRead(hash));

    public async Task<Packaging.StoredBlob> AddAsync(Stream content, CancellationToken cancellationToken)
    {
        await using var writer = blobs.Create(maxBytes);
        byte[] buffer = new byte[CopyBufferBytes];
        while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            await writer.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        var stored = await writer.CommitAsync(cancellationToken);
        return new Packaging.StoredBlob(stored.Sha256, stored.Bytes);
    }
}
