using System.Buffers.Binary;

namespace Quern.MasterHost.Estate;

/// <summary>
/// Whether bytes are a picture that may be shown to everybody. Nothing is decoded: the frame of the file is walked through, so that what a
/// client's decoder gets is at least whole.
/// <code>
/// 89 50 4E 47 0D 0A 1A 0A, then chunks: length (4 bytes, big-endian) type (4 letters) content CRC-32 of type and content (4 bytes);
/// IHDR first (width 4, height 4, depth 1, colours 1, three zeros or so), IDAT somewhere, IEND last and nothing behind it
/// </code>
/// PNG specification, third edition, sections 5.2 to 5.6.
/// </summary>
internal static class PngCheck
{
    public const int MaxBytes = 1024 * 1024;
    private const int MaxSide = 2048;
    private const int HeaderLength = 13;

    private static readonly uint[] s_table = Table();

    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Null when it is good, else what is wrong.</summary>
    public static string? Problem(ReadOnlySpan<byte> png)
    {
        if (png.Length > MaxBytes) return $"The image has {png.Length} bytes; up to {MaxBytes} may be shown.";
        if (!png.StartsWith(Signature)) return "The image is no PNG: it does not begin as one.";
        var rest = png[Signature.Length..];
        for (bool first = true, picture = false; ; first = false)
        {
            if (rest.Length < 12) return "The image is cut off: its last part (IEND) is not there.";
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - 12) return $"The image is cut off, or a part at byte {png.Length - rest.Length} says that it is longer than it is.";
            var type = rest.Slice(4, 4);
            var content = rest.Slice(8, (int)length);
            if (!AreLetters(type)) return $"The image has a part at byte {png.Length - rest.Length} whose name is no name.";
            if (Crc(rest.Slice(4, (int)length + 4)) != BinaryPrimitives.ReadUInt32BigEndian(rest[((int)length + 8)..]))
                return $"The image is damaged: the check sum of a part at byte {png.Length - rest.Length} is wrong.";
            rest = rest[((int)length + 12)..];
            if (first)
            {
                if (HeaderProblem(type, content) is { } problem) return problem;
            }
            else if (type.SequenceEqual("IHDR"u8))
            {
                return "The image has two headers.";
            }
            picture |= type.SequenceEqual("IDAT"u8);
            if (!type.SequenceEqual("IEND"u8)) continue;
            if (!picture) return "The image has no picture in it (IDAT).";
            return rest.IsEmpty ? null : $"The image has {rest.Length} bytes behind its end.";
        }
    }

    private static string? HeaderProblem(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        if (!type.SequenceEqual("IHDR"u8) || content.Length != HeaderLength) return "The image does not begin with its header (IHDR).";
        uint width = BinaryPrimitives.ReadUInt32BigEndian(content), height = BinaryPrimitives.ReadUInt32BigEndian(content[4..]);
        if (width is < 1 or > MaxSide || height is < 1 or > MaxSide) return $"The image is {width} by {height}; each side may be 1 to {MaxSide}.";
        byte depth = content[8], colours = content[9];
        bool known = (colours, depth) is (0, 1 or 2 or 4 or 8 or 16) or (2, 8 or 16) or (3, 1 or 2 or 4 or 8) or (4, 8 or 16) or (6, 8 or 16);
        return known && content[10] == 0 && content[11] == 0 && content[12] <= 1 ? null : "The image's header says things that no PNG has.";
    }

    private static bool AreLetters(ReadOnlySpan<byte> type)
    {
        foreach (byte b in type)
            if (!char.IsAsciiLetter((char)b)) return false;
        return true;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes) crc = s_table[(crc ^ b) & 0xFF] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] Table()
    {
        uint[] table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            uint c = n;
            for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
        return table;
    }
}
