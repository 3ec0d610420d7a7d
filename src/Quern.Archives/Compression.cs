namespace Quern.Archives;

/// <summary>How a file is compressed, by its first bytes.</summary>
public enum Compression
{
    /// <summary>Not at all, or in no way that is known here.</summary>
    None,
    Gzip,
    Bzip2,
    Xz,
    Lzma,
    Zstd,
}

/// <summary>Reads the first bytes of files.</summary>
public static class Compressions
{
    /// <summary>Bytes that <see cref="Of"/> wants to see.</summary>
    public const int MagicBytes = 13;

    public static Compression Of(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? Compression.Gzip
        : start.StartsWith("BZh"u8) ? Compression.Bzip2
        : start.StartsWith((ReadOnlySpan<byte>)[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) ? Compression.Xz
        : start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? Compression.Zstd
        // No magic of its own: the usual properties, and an unknown length, which is what the programs write.
        : start.Length >= MagicBytes && start.StartsWith((ReadOnlySpan<byte>)[0x5d, 0x00, 0x00]) && start[5..13].IndexOfAnyExcept((byte)0xff) < 0 ? Compression.Lzma
        : Compression.None;

    /// <summary>The program that undoes it, reading standard input and writing standard output; null for <see cref="Compression.None"/>.</summary>
    internal static string[]? Program(Compression compression, int mebibytes) => compression switch
    {
        Compression.Gzip => ["gzip", "-dc"],
        Compression.Bzip2 => ["bzip2", "-dc"],
        Compression.Xz => ["xz", "--decompress", "--stdout", "--format=xz", $"--memlimit-decompress={mebibytes}MiB", "--no-warn"],
        Compression.Lzma => ["xz", "--decompress", "--stdout", "--format=lzma", $"--memlimit-decompress={mebibytes}MiB", "--no-warn"],
        Compression.Zstd => ["zstd", "--decompress", "--stdout", $"--memory={mebibytes}MB", "--quiet"],
        _ => null,
    };
}
