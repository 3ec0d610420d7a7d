using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// Reads MessagePack from the front of a message. The first failure is kept in <see cref="Status"/> and everything read
/// after it is empty or zero, so a caller reads what it expects and looks at the status once. Lengths and counts are checked
/// against the bytes that remain before anything is allocated, and what is allocated is charged against the limits.
/// </summary>
public ref partial struct MsgPackReader
{
    // What a message may cost beyond its own length; a record and its fields for a tiny message fit many times.
    private const int FreeAllocation = 48 * 1024;

    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _span;
    private readonly MsgPackLimits _limits;
    private int _position;
    private long _allowance;

    /// <param name="input">The message, and nothing after it.</param>
    /// <param name="limits">What it may cost.</param>
    public MsgPackReader(ReadOnlyMemory<byte> input, MsgPackLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _memory = input;
        _span = input.Span;
        _limits = limits;
        _allowance = (long)limits.MaxBytes + FreeAllocation;
        Status = input.Length > limits.MaxBytes ? DecodeStatus.TooLarge : DecodeStatus.Success;
    }

    /// <summary>The first failure, or success so far.</summary>
    public DecodeStatus Status { get; private set; }

    /// <summary>The bytes are valid MessagePack, but a value was not of the type that was asked for.</summary>
    public bool TypeMismatch { get; private set; }

    /// <summary>Where the next value begins.</summary>
    public readonly int Position => _position;

    /// <summary>Whether <see cref="Skip"/> passes over keys that are arrays, as the updates of revision v1 may have them.</summary>
    internal bool TakesArrayKeys { get; init; }

    public readonly int Remaining => _span.Length - _position;

    private readonly bool Failed => Status is not DecodeStatus.Success;

    /// <summary>Goes back (or on) to a value seen before and forgets a type mismatch; other failures stay.</summary>
    public void Rewind(int position)
    {
        _position = position;
        if (!TypeMismatch) return;
        TypeMismatch = false;
        Status = DecodeStatus.Success;
    }

    public readonly MsgPackType Peek()
    {
        if (Failed || _position >= _span.Length) return MsgPackType.End;
        return _span[_position] switch
        {
            <= 0x7f or >= 0xe0 or (>= 0xcc and <= 0xd3) => MsgPackType.Integer,
            <= 0x8f or 0xde or 0xdf => MsgPackType.Map,
            <= 0x9f or 0xdc or 0xdd => MsgPackType.Array,
            <= 0xbf or (>= 0xd9 and <= 0xdb) => MsgPackType.Text,
            0xc0 => MsgPackType.Nil,
            0xc2 or 0xc3 => MsgPackType.Boolean,
            >= 0xc4 and <= 0xc6 => MsgPackType.Binary,
            0xca or 0xcb => MsgPackType.Float,
            _ => MsgPackType.Refused,
        };
    }

    /// <summary>Takes a nil if one comes next.</summary>
    public bool TryReadNil()
    {
        if (Peek() is not MsgPackType.Nil) return false;
        _position++;
        return true;
    }

    public bool ReadBoolean()
    {
        if (!Expect(MsgPackType.Boolean)) return false;
        return _span[_position++] == 0xc3;
    }

    /// <summary>An integer in any form. Beyond 63 bits the number is a mismatch.</summary>
    public long ReadInt64()
    {
        if (!TryReadInteger(out long value, out bool wraps)) return 0;
        if (!wraps) return value;
        Mismatch();
        return 0;
    }

    /// <summary>An integer in any form; one of 64 bits without sign is taken bit for bit.</summary>
    public long ReadInt64Wrapping() => TryReadInteger(out long value, out _) ? value : 0;

    /// <summary>A number: float64, float32 or any integer.</summary>
    public double ReadDouble()
    {
        if (Peek() is MsgPackType.Integer)
            return TryReadInteger(out long value, out bool wraps) ? wraps ? (ulong)value : value : 0;
        if (!Expect(MsgPackType.Float)) return 0;
        if (_span[_position] == 0xcb)
            return Take(9, out ReadOnlySpan<byte> wide) ? BinaryPrimitives.ReadDoubleBigEndian(wide[1..]) : 0;
        return Take(5, out ReadOnlySpan<byte> narrow) ? BinaryPrimitives.ReadSingleBigEndian(narrow[1..]) : 0;
    }

    /// <summary>Text as a slice of the input, valid UTF-8.</summary>
    public ReadOnlyMemory<byte> ReadUtf8()
    {
        if (!Expect(MsgPackType.Text)) return default;
        ReadOnlyMemory<byte> text = ReadRaw();
        if (!Utf8.IsValid(text.Span)) Fail(DecodeStatus.Malformed);
        return Failed ? default : text;
    }

    /// <summary>Bytes as a slice of the input.</summary>
    public ReadOnlyMemory<byte> ReadBinary() => Expect(MsgPackType.Binary) ? ReadRaw() : default;

    /// <summary>Text as a string.</summary>
    public string ReadString() => MakeString(ReadUtf8());

    /// <summary>A key of a map: text, or bytes that are UTF-8. Any other type is malformed, as real peers have it.</summary>
    public ReadOnlyMemory<byte> ReadKey()
    {
        switch (Peek())
        {
            case MsgPackType.End:
                Fail(DecodeStatus.NeedMore);
                return default;
            case MsgPackType.Text or MsgPackType.Binary:
                ReadOnlyMemory<byte> key = ReadRaw();
                if (!Utf8.IsValid(key.Span)) Fail(DecodeStatus.Malformed);
                return Failed ? default : key;
            default:
                Fail(DecodeStatus.Malformed);
                return default;
        }
    }

    /// <summary>How many values follow; each takes one byte at least, so the count never exceeds what remains.</summary>
    public int ReadArrayHeader() => Expect(MsgPackType.Array) ? ReadCount(0x90, 0x0f, 0xdc, bytesEach: 1) : 0;

    /// <summary>How many pairs of key and value follow.</summary>
    public int ReadMapHeader() => Expect(MsgPackType.Map) ? ReadCount(0x80, 0x0f, 0xde, bytesEach: 2) : 0;

    /// <summary>A string of text that was already checked.</summary>
    internal string MakeString(ReadOnlyMemory<byte> utf8)
    {
        // UTF-16 never needs more characters than UTF-8 has bytes; 32 is the object around them.
        if (utf8.IsEmpty || !Charge(32 + 2L * utf8.Length)) return "";
        return Encoding.UTF8.GetString(utf8.Span);
    }

    /// <summary>Counts an allocation before it is made; false when the message has used up its allowance.</summary>
    internal bool Charge(long bytes)
    {
        if (Failed) return false;
        _allowance -= bytes;
        if (_allowance < 0) Fail(DecodeStatus.TooLarge);
        return !Failed;
    }

    internal void Fail(DecodeStatus status)
    {
        if (!Failed) Status = status;
    }

    /// <summary>The value is whole but not what the receiver expects.</summary>
    internal void Mismatch()
    {
        if (Failed) return;
        Status = DecodeStatus.Malformed;
        TypeMismatch = true;
    }

    private bool Expect(MsgPackType type)
    {
        MsgPackType next = Peek();
        if (next == type) return true;
        if (next is MsgPackType.End) Fail(DecodeStatus.NeedMore);
        else if (next is MsgPackType.Refused) Fail(DecodeStatus.Malformed);
        else Mismatch();
        return false;
    }

    private bool Take(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (count > Remaining) Fail(DecodeStatus.NeedMore);
        if (Failed) return false;
        bytes = _span.Slice(_position, count);
        _position += count;
        return true;
    }

    private bool TryReadInteger(out long value, out bool wraps)
    {
        value = 0;
        wraps = false;
        if (!Expect(MsgPackType.Integer)) return false;
        byte form = _span[_position];
        if (form is <= 0x7f or >= 0xe0)
        {
            value = (sbyte)form;
            _position++;
            return true;
        }

        if (!Take(1 + (1 << (form & 3)), out ReadOnlySpan<byte> bytes)) return false;
        ReadOnlySpan<byte> digits = bytes[1..];
        value = form switch
        {
            0xcc => digits[0],
            0xcd => BinaryPrimitives.ReadUInt16BigEndian(digits),
            0xce => BinaryPrimitives.ReadUInt32BigEndian(digits),
            0xcf or 0xd3 => BinaryPrimitives.ReadInt64BigEndian(digits),
            0xd0 => (sbyte)digits[0],
            0xd1 => BinaryPrimitives.ReadInt16BigEndian(digits),
            _ => BinaryPrimitives.ReadInt32BigEndian(digits),
        };
        wraps = form == 0xcf && value < 0;
        return true;
    }

    /// <summary>The bytes of a text or binary value; its first byte was looked at before.</summary>
    private ReadOnlyMemory<byte> ReadRaw()
    {
        byte form = _span[_position];
        long length;
        if (form is >= 0xa0 and <= 0xbf)
        {
            length = form & 0x1f;
            _position++;
        }
        else
        {
            int log = form >= 0xd9 ? form - 0xd9 : form - 0xc4;
            if (!TakeLength(1 << log, out length)) return default;
        }

        if (length > _limits.MaxBytes) Fail(DecodeStatus.TooLarge);
        else if (length > Remaining) Fail(DecodeStatus.NeedMore);
        if (Failed) return default;
        ReadOnlyMemory<byte> raw = _memory.Slice(_position, (int)length);
        _position += (int)length;
        return raw;
    }

    private int ReadCount(byte shortForm, byte shortMask, byte wideForm, int bytesEach)
    {
        byte form = _span[_position];
        long count;
        if (form <= (shortForm | shortMask))
        {
            count = form & shortMask;
            _position++;
        }
        else if (!TakeLength(form == wideForm ? 2 : 4, out count))
        {
            return 0;
        }

        if (count * bytesEach > _limits.MaxBytes) Fail(DecodeStatus.TooLarge);
        else if (count * bytesEach > Remaining) Fail(DecodeStatus.NeedMore);
        return Failed ? 0 : (int)count;
    }

    private bool TakeLength(int digits, out long length)
    {
        length = 0;
        if (!Take(1 + digits, out ReadOnlySpan<byte> bytes)) return false;
        foreach (byte digit in bytes[1..]) length = (length << 8) | digit;
        return true;
    }
}
