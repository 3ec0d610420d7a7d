using System.Buffers.Binary;

namespace Quern.Storage;

/// <summary>The fixed part before each compressed frame of a .qlog file: enough to hop from frame to frame and to find a line.</summary>
/// <remarks>
/// <code>
/// 0      4      8            16      20     24       28     32         36      40           48
/// | QLF1 | crc  | first line | lines | raw  | packed | sum  | text     | flags | first time | last time | packed bytes …
/// </code>
/// Little-endian. crc: CRC-32C of bytes 8 to 56; sum: CRC-32C of the packed bytes; raw: length of the records once unpacked;
/// text: bytes of text in them; flags: 1 when the last record ends the log. Times: UTC ticks.
/// </remarks>
internal readonly record struct FrameHeader(
    long FirstLine, int Lines, int RawBytes, int PackedBytes, uint PackedSum, int TextBytes, bool EndsLog, long FirstTicks, long LastTicks)
{
    public const int Size = 56;

    /// <summary>More than any writer makes: what a reader is willing to unpack.</summary>
    public const int MaxRawBytes = 8 << 20;

    private static ReadOnlySpan<byte> Magic => "QLF1"u8;

    public long NextLine => FirstLine + Lines;

    public void Write(Span<byte> target)
    {
        Magic.CopyTo(target);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], FirstLine);
        BinaryPrimitives.WriteInt32LittleEndian(target[16..], Lines);
        BinaryPrimitives.WriteInt32LittleEndian(target[20..], RawBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target[24..], PackedBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[28..], PackedSum);
        BinaryPrimitives.WriteInt32LittleEndian(target[32..], TextBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target[36..], EndsLog ? 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], FirstTicks);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], LastTicks);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Crc32C.Append(0, target[8..Size]));
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out FrameHeader header)
    {
        header = default;
        if (source.Length < Size || !source.StartsWith(Magic)) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) != Crc32C.Append(0, source[8..Size])) return false;
        header = new FrameHeader(
            BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[20..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[28..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[36..]) == 1,
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[48..]));
        return header is { FirstLine: >= 1, Lines: >= 0, RawBytes: >= 0 and <= MaxRawBytes, PackedBytes: >= 0 and <= MaxRawBytes * 2 };
    }
}
