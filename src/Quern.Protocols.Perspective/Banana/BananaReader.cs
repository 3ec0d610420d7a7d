using System.Buffers.Binary;
using System.Numerics;

namespace Quern.Protocols.Perspective;

/// <summary>
/// Reads the elements of one whole top-level element, which a <see cref="BananaFramer"/> has found well formed: nothing is
/// checked twice here. Byte strings are slices of the input.
/// </summary>
internal ref struct BananaReader(ReadOnlyMemory<byte> element)
{
    private readonly ReadOnlySpan<byte> _bytes = element.Span;
    private int _at;

    /// <summary>The next element's type; of a list the caller reads <paramref name="count"/> elements more.</summary>
    public BananaType ReadHeader(out long count)
    {
        int start = _at;
        while (_bytes[_at] < 0x80) _at++;
        var digits = _bytes[start.._at];
        var type = (BananaType)_bytes[_at++];
        count = 0;
        for (int i = Math.Min(digits.Length, 9) - 1; i >= 0; i--) count = (count << 7) | digits[i];
        _digitsStart = start;
        _digitsEnd = start + digits.Length;
        return type;
    }

    private int _digitsStart, _digitsEnd;   // of the header read last

    /// <summary>The bytes of the string whose header was read last.</summary>
    public ReadOnlyMemory<byte> ReadBody(long count)
    {
        var body = element.Slice(_at, (int)count);
        _at += (int)count;
        return body;
    }

    public double ReadDouble()
    {
        double value = BinaryPrimitives.ReadDoubleBigEndian(_bytes[_at..]);
        _at += sizeof(double);
        return value;
    }

    /// <summary>The number of the header read last: fits, or <paramref name="big"/> holds it.</summary>
    public readonly bool TryGetNumber(BananaType type, out long value, out BigInteger big)
    {
        var digits = _bytes[_digitsStart.._digitsEnd];
        while (digits.Length > 0 && digits[^1] == 0) digits = digits[..^1];
        bool negative = type is BananaType.Negative or BananaType.LongNegative;
        big = default;
        value = 0;
        if (digits.Length <= 9)   // 63 bits
        {
            for (int i = digits.Length - 1; i >= 0; i--) value = (value << 7) | digits[i];
            if (negative) value = -value;
            return true;
        }
        big = Packed(digits);
        if (negative) big = -big;
        if (big < long.MinValue || big > long.MaxValue) return false;
        value = (long)big;
        return true;
    }

    /// <summary>Digits to base 128 as digits to base 256, at once: a shift for each digit would copy the number each time.</summary>
    private static BigInteger Packed(ReadOnlySpan<byte> digits)
    {
        Span<byte> bytes = stackalloc byte[BananaLimits.MaxPrefixBytes];
        int length = 0, bits = 0, pending = 0;
        foreach (byte digit in digits)
        {
            pending |= digit << bits;
            bits += 7;
            if (bits < 8) continue;
            bytes[length++] = (byte)pending;
            pending >>= 8;
            bits -= 8;
        }
        bytes[length++] = (byte)pending;
        return new BigInteger(bytes[..length], isUnsigned: true);
    }

    /// <summary>Reads a byte string, spelled out or from the vocabulary; false for an element of another kind.</summary>
    public bool TryReadBytes(out ReadOnlyMemory<byte> bytes)
    {
        switch (ReadHeader(out long count))
        {
            case BananaType.Bytes:
                bytes = ReadBody(count);
                return true;
            case BananaType.Vocabulary:
                return PbVocabulary.TryGetToken(count, out bytes);
            default:
                bytes = default;
                return false;
        }
    }

    /// <summary>Reads a whole number of at most 64 bits; false for another kind or a larger one.</summary>
    public bool TryReadInteger(out long value)
    {
        var type = ReadHeader(out _);
        value = 0;
        return type is BananaType.Integer or BananaType.Negative or BananaType.LongInteger or BananaType.LongNegative
            && TryGetNumber(type, out value, out _);
    }
}
