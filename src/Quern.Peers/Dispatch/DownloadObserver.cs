using Quern.Model;

namespace Quern.Peers.Dispatch;

/// <summary>A file, a blob or a text of the master, read by a worker block by block.</summary>
internal sealed class DownloadObserver(JobLog log, Stream source) : CommandObserver(log)
{
    /// <summary>No block is larger, whatever the worker asks for.</summary>
    private const int MaxBlockBytes = 4 << 20;

    /// <summary>Grown to the largest block asked for; empty until the first read.</summary>
    private byte[] _buffer = [];

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length)
    {
        length = Math.Clamp(length, 0, MaxBlockBytes);
        if (_buffer.Length < length) _buffer = GC.AllocateUninitializedArray<byte>(length);
        int read = await source.ReadAtLeastAsync(_buffer.AsMemory(0, length), length, throwOnEndOfStream: false);
        return _buffer.AsMemory(0, read);
    }

    protected override ValueTask ReleaseAsync() => source.DisposeAsync();
}
