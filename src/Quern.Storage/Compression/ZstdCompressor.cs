namespace Quern.Storage;

/// <summary>A compression context for many frames, one at a time.</summary>
public sealed class ZstdCompressor : IDisposable
{
    private readonly ZstdCompressionHandle _context = ZstdNative.CreateCompression();

    /// <inheritdoc cref="Zstd.Compress"/>
    public unsafe int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
            return Zstd.Checked(
                ZstdNative.Compress(_context, to, (nuint)target.Length, from, (nuint)source.Length, Zstd.Level),
                $"compress {source.Length} bytes into {target.Length}");
    }

    public void Dispose() => _context.Dispose();
}
