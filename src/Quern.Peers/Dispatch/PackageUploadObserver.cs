using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>The finished package of a job, from a worker into the blob store; visible there only when whole.</summary>
internal sealed class PackageUploadObserver(JobLog log, BlobStore blobs, long maxBytes) : CommandObserver(log)
{
    private readonly BlobWriter _blob = blobs.Create(maxBytes);

    /// <summary>Null until the upload is whole and on disk.</summary>
    public StoredBlob? Stored { get; private set; }

    public override string? Unfinished => Stored is null ? "the worker did not finish the upload of the package" : null;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> block) => _blob.WriteAsync(block);

    public override async ValueTask CloseWriteAsync() => Stored ??= await _blob.CommitAsync();

    protected override ValueTask ReleaseAsync() => _blob.DisposeAsync();
}
