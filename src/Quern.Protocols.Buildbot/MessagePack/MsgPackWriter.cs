using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Quern.Protocols.Buildbot;

/// <summary>Writes MessagePack in the shortest form, as real peers do; floats are always float64.</summary>
public readonly ref struct MsgPackWriter(IBufferWriter<byte> output)
{
    public void WriteNil() => WriteByte(0xc0);

    public void WriteBoolean(bool value) => WriteByte(value ? (byte)0xc3 : (byte)0xc2);

    public void WriteInt64(long value) => output.Advance(PutInt64(output.GetSpan(9), value));

    public void WriteDouble(double value) => output.Advance(PutDouble(output.GetSpan(9), value));

    public void WriteArrayHeader(int count) => output.Advance(PutHeader(output.GetSpan(5), 0x90, 15, 0xdc, count));

    public void WriteMapHeader(int count) => output.Advance(PutHeader(output.GetSpan(5), 0x80, 15, 0xde, count));

    /// <summary>Text; a lone surrogate becomes U+FFFD.</summary>
    public void WriteString(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Span<byte> span = output.GetSpan(5 + length);
        int header = PutTextHeader(span, length);
        output.Advance(header + Encoding.UTF8.GetBytes(text, span[header..]));
    }

    /// <summary>Text that is UTF-8 already; the caller answers for its being valid.</summary>
    public void WriteUtf8(ReadOnlySpan<byte> utf8)
    {
        output.Advance(PutTextHeader(output.GetSpan(5), utf8.Length));
        output.Write(utf8);
    }

    public void WriteBinary(ReadOnlySpan<byte> bytes)
    {
        WriteBinaryHeader(bytes.Length);
        output.Write(bytes);
    }

    /// <summary>The head of a binary value whose bytes the caller sends after it.</summary>
    public void WriteBinaryHeader(int length) => output.Advance(PutLength(output.GetSpan(5), 0xc4, length));

    public void WriteInt32Array(ReadOnlySpan<int> values)
    {
        WriteArrayHeader(values.Length);
        while (!values.IsEmpty)
        {
            ReadOnlySpan<int> some = values[..Math.Min(values.Length, 512)];
            Span<byte> span = output.GetSpan(5 * some.Length);
            int at = 0;
            foreach (int value in some) at += PutInt64(span[at..], value);
            output.Advance(at);
            values = values[some.Length..];
        }
    }

    public void WriteDoubleArray(ReadOnlySpan<double> values)
    {
        WriteArrayHeader(values.Length);
        while (!values.IsEmpty)
        {
            ReadOnlySpan<double> some = values[..Math.Min(values.Length, 512)];
            Span<byte> span = output.GetSpan(9 * some.Length);
            int at = 0;
            foreach (double value in some) at += PutDouble(span[at..], value);
            output.Advance(at);
            values = values[some.Length..];
        }
    }

    /// <summary>Any value.</summary>
    public void WriteValue(WireValue value)
    {
        switch (value)
        {
            case WireValue.Boolean boolean:
                WriteBoolean(boolean.Value);
                break;
            case WireValue.Integer integer:
                WriteInt64(integer.Value);
                break;
            case WireValue.Float number:
                WriteDouble(number.Value);
                break;
            case WireValue.Text text:
                WriteString(text.Value);
                break;
            case WireValue.Binary binary:
                WriteBinary(binary.Value.Span);
                break;
            case WireValue.List list:
                WriteArrayHeader(list.Items.Length);
                foreach (WireValue item in list.Items) WriteValue(item);
                break;
            case WireValue.Map map:
                WriteMapHeader(map.Entries.Length);
                foreach ((string key, WireValue item) in map.Entries)
                {
                    WriteString(key);
                    WriteValue(item);
                }

                break;
            default:
                WriteNil();
                break;
        }
    }

    private void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static int PutInt64(Span<byte> span, long value)
    {
        switch (value)
        {
            case >= -32 and <= 127:
                span[0] = (byte)value;
                return 1;
            case >= 0 and <= byte.MaxValue:
                span[0] = 0xcc;
                span[1] = (byte)value;
                return 2;
            case >= 0 and <= ushort.MaxValue:
                span[0] = 0xcd;
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)value);
                return 3;
            case >= 0 and <= uint.MaxValue:
                span[0] = 0xce;
                BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)value);
                return 5;
            case >= 0:
                span[0] = 0xcf;
                BinaryPrimitives.WriteInt64BigEndian(span[1..], value);
                return 9;
            case >= sbyte.MinValue:
                span[0] = 0xd0;
                span[1] = (byte)value;
                return 2;
            case >= short.MinValue:
                span[0] = 0xd1;
                BinaryPrimitives.WriteInt16BigEndian(span[1..], (short)value);
                return 3;
            case >= int.MinValue:
                span[0] = 0xd2;
                BinaryPrimitives.WriteInt32BigEndian(span[1..], (int)value);
                return 5;
            default:
                span[0] = 0xd3;
                BinaryPrimitives.WriteInt64BigEndian(span[1..], value);
                return 9;
        }
    }

    private static int PutDouble(Span<byte> span, double value)
    {
        span[0] = 0xcb;
        BinaryPrimitives.WriteDoubleBigEndian(span[1..], value);
        return 9;
    }

    private static int PutHeader(Span<byte> span, byte shortForm, int shortMax, byte wideForm, int count)
    {
        if (count <= shortMax)
        {
            span[0] = (byte)(shortForm | count);
            return 1;
        }

        if (count <= ushort.MaxValue)
        {
            span[0] = wideForm;
            BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)count);
            return 3;
        }

        span[0] = (byte)(wideForm + 1);
        BinaryPrimitives.WriteInt32BigEndian(span[1..], count);
        return 5;
    }

    private static int PutTextHeader(Span<byte> span, int length)
    {
        if (length > 31) return PutLength(span, 0xd9, length);
        span[0] = (byte)(0xa0 | length);
        return 1;
    }

    private static int PutLength(Span<byte> span, byte form, int length)
    {
        if (length <= byte.MaxValue)
        {
            span[0] = form;
            span[1] = (byte)length;
            return 2;
        }

        return PutHeader(span, 0, -1, (byte)(form + 1), length);
    }
}
