using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Quern.Protocols.Perspective;

/// <summary>Writes Banana elements as a canonical encoder does: the shortest prefix, the type by the range of the value.</summary>
/// <remarks>A string or list beyond the protocol's limits is the caller's bug or a value that cannot be sent: <see cref="ArgumentException"/>.</remarks>
internal readonly struct BananaWriter(IBufferWriter<byte> output, bool vocabulary)
{
    private const long MaxInteger = int.MaxValue;
    private const long MinNegative = int.MinValue;
    private const int ShortText = 256;
    private static readonly BigInteger Largest = BigInteger.Pow(2, 448) - 1;

    public void List(int count)
    {
        if (count > BananaLimits.MaxListItems)
            throw new ArgumentException($"A list of {count} elements cannot be sent; {BananaLimits.MaxListItems} are the most.", nameof(count));
        Header((ulong)count, BananaType.List);
    }

    /// <summary>A byte string, or its number in the vocabulary.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        if (vocabulary && PbVocabulary.TryGetNumber(value, out int number))
        {
            Header((ulong)number, BananaType.Vocabulary);
            return;
        }
        if (value.Length > BananaLimits.MaxStringBytes)
            throw new ArgumentException($"A string of {value.Length} bytes cannot be sent; {BananaLimits.MaxStringBytes} are the most.", nameof(value));
        Header((ulong)value.Length, BananaType.Bytes);
        Raw(value);
    }

    /// <summary>A text as the byte string of its UTF-8; a lone surrogate becomes U+FFFD.</summary>
    public void Utf8(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        if (length > ShortText)
        {
            Bytes(Encoding.UTF8.GetBytes(text));
            return;
        }
        Span<byte> utf8 = stackalloc byte[ShortText];
        Bytes(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    public void Integer(long value)
    {
        var type = value switch
        {
            > MaxInteger => BananaType.LongInteger,
            >= 0 => BananaType.Integer,
            >= MinNegative => BananaType.Negative,
            _ => BananaType.LongNegative,
        };
        Header(value >= 0 ? (ulong)value : (ulong)-(value + 1) + 1, type);
    }

    public void Integer(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
        {
            Integer((long)value);
            return;
        }
        var rest = BigInteger.Abs(value);
        if (rest > Largest) throw new ArgumentException("A number of more than 448 bits cannot be sent.", nameof(value));
        Span<byte> bytes = stackalloc byte[BananaLimits.MaxPrefixBytes], digits = stackalloc byte[BananaLimits.MaxPrefixBytes + 2];
        rest.TryWriteBytes(bytes, out int count, isUnsigned: true);
        int length = 0, bits = 0, pending = 0;
        foreach (byte part in bytes[..count])
        {
            pending |= part << bits;
            for (bits += 8; bits >= 7; bits -= 7, pending >>= 7) digits[length++] = (byte)(pending & 0x7f);
        }
        digits[length++] = (byte)pending;
        while (digits[length - 1] == 0) length--;
        digits[length++] = (byte)(value.Sign < 0 ? BananaType.LongNegative : BananaType.LongInteger);
        output.Write(digits[..length]);
    }

    public void Float(double value)
    {
        var span = output.GetSpan(1 + sizeof(double));
        span[0] = (byte)BananaType.Float;
        BinaryPrimitives.WriteDoubleBigEndian(span[1..], value);
        output.Advance(1 + sizeof(double));
    }

    // One span of the right size: the general extension fills what room there is first and grows in small steps.
    private void Raw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(output.GetSpan(value.Length));
        output.Advance(value.Length);
    }

    private void Header(ulong prefix, BananaType type)
    {
        var span = output.GetSpan(11);
        int length = 0;
        do
        {
            span[length++] = (byte)(prefix & 0x7f);
            prefix >>= 7;
        }
        while (prefix > 0);
        span[length++] = (byte)type;
        output.Advance(length);
    }
}
