using System.Buffers;

namespace Quern.Protocols.Perspective;

/// <summary>Growing bytes in an array of the shared pool, which is given back whenever they are emptied. One user at a time.</summary>
internal sealed class PooledBytes : IBufferWriter<byte>, IDisposable
{
    private const int Smallest = 4096;
    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_bytes.Length - Length < Math.Max(sizeHint, 1)) Grow(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count) => Length += count;

    /// <summary>Takes back what was written beyond <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Drops bytes at the front.</summary>
    public void Remove(int count)
    {
        _bytes.AsSpan(count, Length - count).CopyTo(_bytes);
        Length -= count;
        if (Length == 0) Dispose();
    }

    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        Length = 0;
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow(int sizeHint)
    {
        byte[] bigger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + Math.Max(sizeHint, Smallest)));
        Written.Span.CopyTo(bigger);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = bigger;
    }
}
