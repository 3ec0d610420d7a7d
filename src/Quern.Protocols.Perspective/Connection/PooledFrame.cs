using System.Buffers;

namespace Quern.Protocols.Perspective;

/// <summary>The bytes of one message in an array of the shared pool. Disposed once by its owner; a second time does nothing.</summary>
internal sealed class PooledFrame : IDisposable
{
    private byte[]? _bytes;

    public PooledFrame(ReadOnlySpan<byte> message)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(_bytes);
        Length = message.Length;
    }

    public int Length { get; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes) ArrayPool<byte>.Shared.Return(bytes);
    }
}
