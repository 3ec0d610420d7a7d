using System.Runtime.InteropServices;

namespace Quern.Storage;

/// <summary>Zstandard by the system's libzstd: one-shot compression and decompression with explicit bounds.</summary>
public static class Zstd
{
    /// <summary>Level 1: measured above 1 GB/s on compiler logs, with nearly the ratio of the levels behind it.</summary>
    public const int Level = 1;

    /// <summary>Says at start, rather than at the first frame, that the library is missing.</summary>
    /// <exception cref="ZstdException">The library is not installed.</exception>
    public static void EnsureAvailable() => EnsureAvailable(ZstdNative.Library);

    internal static void EnsureAvailable(string library)
    {
        if (!NativeLibrary.TryLoad(library, typeof(Zstd).Assembly, null, out nint loaded))
            throw new ZstdException(
                $"Logs are compressed by the library {library}, which is not on this machine. Install it (Debian: apt-get install libzstd1).");
        NativeLibrary.Free(loaded);
    }

    /// <summary>The length that a target must have so that any source of <paramref name="sourceBytes"/> fits compressed.</summary>
    public static int CompressBound(int sourceBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sourceBytes);
        return checked((int)ZstdNative.CompressBound((nuint)sourceBytes));
    }

    /// <summary>Compresses <paramref name="source"/> into one frame and tells its length.</summary>
    /// <exception cref="ZstdException"><paramref name="target"/> is too short.</exception>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        using var compressor = new ZstdCompressor();
        return compressor.Compress(source, target);
    }

    /// <summary>Decompresses one frame and tells the length of its content, which never passes the target's.</summary>
    /// <exception cref="ZstdException">The source is damaged, or its content does not fit.</exception>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        using var decompressor = new ZstdDecompressor();
        return decompressor.Decompress(source, target);
    }

    internal static int Checked(nuint result, string what) => ZstdNative.IsError(result) == 0
        ? checked((int)result)
        : throw new ZstdException($"zstd could not {what}: {Marshal.PtrToStringUTF8(ZstdNative.ErrorName(result))}.");
}
