using System.Buffers;

namespace Quern.Peers.Buildbot;

/// <summary>
/// Bytes in an array of the shared pool. One owner at a time; whoever has it last disposes it, which gives the array back.
/// </summary>
internal sealed class PooledBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Room behind the bytes, growing to twice the size when it is used up.</summary>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_bytes.Length - Length < Math.Max(sizeHint, 1)) Grow(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count) => Length += count;

    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        Length = 0;
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow(int sizeHint)
    {
        byte[] bigger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + Math.Max(sizeHint, 256)));
        Written.Span.CopyTo(bigger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = bigger;
    }
}
