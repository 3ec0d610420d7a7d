using Quern.Model;
using Quern.Peers.Dispatch;

namespace Quern.MasterHost.Agents;

/// <summary>A file for a worker that fetches it; what the command says is nobody's.</summary>
internal sealed class ProgramSource(Stream source) : ICommandObserver, IAsyncDisposable
{
    /// <summary>No block is larger, whatever the worker asks for.</summary>
    private const int MaxBlockBytes = 1 << 20;

    private readonly byte[] _buffer = new byte[source == Stream.Null ? 0 : MaxBlockBytes];

    public ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at) => ValueTask.CompletedTask;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> block) => throw new TransferRefusedException("The worker sent file data for a command that uploads nothing.");

    public ValueTask CloseWriteAsync() => throw new TransferRefusedException("The worker closed an upload for a command that uploads nothing.");

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length)
    {
        length = Math.Clamp(length, 0, _buffer.Length);
        int read = await source.ReadAtLeastAsync(_buffer.AsMemory(0, length), length, throwOnEndOfStream: false);
        return _buffer.AsMemory(0, read);
    }

    public ValueTask CloseReadAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
