using System.Buffers.Binary;

namespace Quern.Storage;

/// <summary>The first bytes of a tail file: which line it begins with, so that no line is lost or doubled however a move into a frame ended.</summary>
/// <remarks>
/// <code>
/// 0          8            16    20
/// | QTAIL\0\0\1 | first line | crc |  records …
/// </code>
/// Little-endian; crc: CRC-32C of the 16 bytes before it.
/// </remarks>
internal static class TailHeader
{
    public const int Size = 20;
    private static ReadOnlySpan<byte> Magic => "QTAIL\0\0\u0001"u8;

    public static void Write(Span<byte> target, long firstLine)
    {
        Magic.CopyTo(target);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], firstLine);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], Crc32C.Append(0, target[..16]));
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out long firstLine)
    {
        firstLine = 0;
        if (source.Length < Size || !source.StartsWith(Magic)) return false;
        firstLine = BinaryPrimitives.ReadInt64LittleEndian(source[8..]);
        return firstLine >= 1 && BinaryPrimitives.ReadUInt32LittleEndian(source[16..]) == Crc32C.Append(0, source[..16]);
    }
}
