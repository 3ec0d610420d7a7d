using System.Buffers.Binary;
using Quern.Model;

namespace Quern.Storage;

/// <summary>The fixed part before each piece of text, in tail files and in frames alike.</summary>
/// <remarks>
/// <code>
/// 0      4     5       6    8       12      16           24
/// | crc  |kind |stream | 0  | lines | bytes | time       | text …
/// </code>
/// Little-endian. crc: CRC-32C of everything behind it, text too. kind: 1 text, 2 end of log. time: UTC ticks of 100 ns since
/// the year 1, for every line of the record. Text that does not end in LF is the beginning of a line above
/// <see cref="MaxText"/>; its rest is the next line.
/// </remarks>
internal readonly record struct LogRecord(LogRecordKind Kind, OutputStream Stream, int Lines, int Bytes, long UtcTicks)
{
    public const int Size = 24;
    public const int MaxText = 256 << 10;

    /// <summary>Writes the fixed part for a text that lies in two pieces.</summary>
    public void Write(Span<byte> target, ReadOnlySpan<byte> text, ReadOnlySpan<byte> rest)
    {
        target[4] = (byte)Kind;
        target[5] = (byte)Stream;
        target[6] = target[7] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], Lines);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], UtcTicks);
        uint crc = Crc32C.Append(0, target[4..Size]);
        crc = Crc32C.Append(Crc32C.Append(crc, text), rest);
        BinaryPrimitives.WriteUInt32LittleEndian(target, crc);
    }

    /// <summary>Lines and bytes of text of a record already known to be whole.</summary>
    public static (int Lines, int Bytes) Lengths(ReadOnlySpan<byte> source) =>
        (BinaryPrimitives.ReadInt32LittleEndian(source[8..]), BinaryPrimitives.ReadInt32LittleEndian(source[12..]));

    /// <summary>
    /// Reads the record at the front of <paramref name="source"/>; false where no whole one is (not all there yet, torn, or
    /// overwritten), so that nobody sees half a line.
    /// </summary>
    /// <param name="verify">False for bytes whose frame was already checked.</param>
    public static bool TryRead(ReadOnlySpan<byte> source, bool verify, out LogRecord record, out ReadOnlySpan<byte> text)
    {
        record = default;
        text = default;
        if (source.Length < Size) return false;
        int lines = BinaryPrimitives.ReadInt32LittleEndian(source[8..]);
        int bytes = BinaryPrimitives.ReadInt32LittleEndian(source[12..]);
        long ticks = BinaryPrimitives.ReadInt64LittleEndian(source[16..]);
        bool sound = source[4] is 1 or 2 && bytes is >= 0 and <= MaxText && lines >= 0 && lines <= bytes
            && ticks >= 0 && ticks <= DateTime.MaxValue.Ticks;
        if (!sound || source.Length - Size < bytes) return false;
        if (verify && Crc32C.Append(0, source[4..(Size + bytes)]) != BinaryPrimitives.ReadUInt32LittleEndian(source)) return false;
        record = new LogRecord((LogRecordKind)source[4], (OutputStream)source[5], lines, bytes, ticks);
        text = source.Slice(Size, bytes);
        return true;
    }
}
