namespace Quern.Storage;

/// <summary>A decompression context for many frames, one at a time.</summary>
public sealed class ZstdDecompressor : IDisposable
{
    private readonly ZstdDecompressionHandle _context = ZstdNative.CreateDecompression();

    /// <inheritdoc cref="Zstd.Decompress"/>
    public unsafe int Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
            return Zstd.Checked(
                ZstdNative.Decompress(_context, to, (nuint)target.Length, from, (nuint)source.Length),
                $"decompress {source.Length} bytes into {target.Length}");
    }

    public void Dispose() => _context.Dispose();
}
