using Quern.Storage;

namespace Quern.Benchmarks;

/// <summary>A blob of 256 MB in blocks of 256 KiB: hashed twice (SHA-256, MD5), written, synced, published.</summary>
internal sealed class BlobWrite : IBenchmark
{
    private readonly byte[] _block = new byte[256 << 10];

    public BlobWrite() => new Random(3).NextBytes(_block);

    public string Name => "blob write";
    public string Unit => "MB";

    public async Task<double> RunAsync(string folder)
    {
        var store = new BlobStore(folder);
        await using var writer = store.Create(long.MaxValue);
        for (int i = 0; i < 1000; i++) await writer.WriteAsync(_block);
        return (await writer.CommitAsync()).Bytes / 1e6;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
