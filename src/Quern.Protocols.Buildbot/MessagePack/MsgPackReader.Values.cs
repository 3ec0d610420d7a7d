using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Quern.Protocols.Buildbot;

public ref partial struct MsgPackReader
{
    // Sizes of objects with their headers on a 64-bit runtime, rounded up; what Charge is told.
    private const int ScalarCost = 32;
    private const int ListCost = 64;

    /// <summary>Any value. Binary stays a slice of the input; an integer beyond 63 bits becomes a float.</summary>
    /// <param name="depth">How deep the value stands; 1 is the message itself.</param>
    public WireValue ReadValue(int depth)
    {
        switch (Peek())
        {
            case MsgPackType.Nil:
                _position++;
                return WireValue.Nil.Value;
            case MsgPackType.Boolean:
                Charge(ScalarCost);
                return new WireValue.Boolean(ReadBoolean());
            case MsgPackType.Integer:
                Charge(ScalarCost);
                if (!TryReadInteger(out long integer, out bool wraps)) return WireValue.Nil.Value;
                return wraps ? new WireValue.Float((ulong)integer) : new WireValue.Integer(integer);
            case MsgPackType.Float:
                Charge(ScalarCost);
                return new WireValue.Float(ReadDouble());
            case MsgPackType.Text:
                Charge(ScalarCost);
                return new WireValue.Text(ReadString());
            case MsgPackType.Binary:
                Charge(ListCost);
                return new WireValue.Binary(ReadBinary());
            case MsgPackType.Array:
                return Enter(depth) ? ReadList(depth) : WireValue.Nil.Value;
            case MsgPackType.Map:
                return Enter(depth) ? ReadMap(depth) : WireValue.Nil.Value;
            default:
                Expect(MsgPackType.Nil);
                return WireValue.Nil.Value;
        }
    }

    /// <summary>A map whose keys and values are any.</summary>
    /// <param name="depth">How deep the map stands.</param>
    public WireValue.Map ReadMap(int depth)
    {
        int count = ReadMapHeader();
        if (count == 0 || !Charge(ListCost + 16L * count)) return WireValue.Map.Empty;
        var entries = new KeyValuePair<string, WireValue>[count];
        for (int i = 0; i < count; i++)
        {
            string key = MakeString(ReadKey());
            entries[i] = new(key, ReadValue(depth + 1));
            if (Failed) return WireValue.Map.Empty;
        }

        return new WireValue.Map(ImmutableCollectionsMarshal.AsImmutableArray(entries));
    }

    /// <summary>Passes over one value, looking at its structure and its text as if it were read.</summary>
    /// <param name="depth">How deep the value stands.</param>
    public void Skip(int depth)
    {
        switch (Peek())
        {
            case MsgPackType.Nil or MsgPackType.Boolean:
                _position++;
                break;
            case MsgPackType.Integer:
                TryReadInteger(out _, out _);
                break;
            case MsgPackType.Float:
                Take(_span[_position] == 0xcb ? 9 : 5, out _);
                break;
            case MsgPackType.Text:
                ReadUtf8();
                break;
            case MsgPackType.Binary:
                ReadRaw();
                break;
            case MsgPackType.Array:
                if (Enter(depth)) SkipItems(ReadArrayHeader(), depth);
                break;
            case MsgPackType.Map:
                if (!Enter(depth)) break;
                for (int count = ReadMapHeader(); count > 0 && !Failed; count--)
                {
                    if (TakesArrayKeys && Peek() is MsgPackType.Array) Skip(depth + 1);
                    else ReadKey();
                    Skip(depth + 1);
                }

                break;
            default:
                Expect(MsgPackType.Nil);
                break;
        }
    }

    /// <summary>An array of integers of 32 bits, made into memory of its own.</summary>
    internal ReadOnlyMemory<int> ReadInt32Array()
    {
        int count = ReadArrayHeader();
        if (count == 0 || !Charge(ListCost + 4L * count)) return default;
        var items = new int[count];
        for (int i = 0; i < items.Length; i++)
        {
            long value = ReadInt64();
            if (value != (int)value) Mismatch();
            if (Failed) return default;
            items[i] = (int)value;
        }

        return items;
    }

    /// <summary>An array of numbers, made into memory of its own.</summary>
    /// <param name="onlyFirst">Keep the first and pass over the rest.</param>
    internal ReadOnlyMemory<double> ReadDoubleArray(bool onlyFirst)
    {
        int count = ReadArrayHeader();
        int kept = onlyFirst ? Math.Min(count, 1) : count;
        if (count == 0 || !Charge(ListCost + 8L * kept)) return default;
        var items = new double[kept];
        for (int i = 0; i < items.Length && !Failed; i++) items[i] = ReadDouble();
        if (count > kept) SkipItems(count - kept, depth: 1);
        return Failed ? default : items;
    }

    /// <summary>Passes over an array of numbers.</summary>
    internal void SkipNumbers() => SkipItems(ReadArrayHeader(), depth: 1);

    private WireValue ReadList(int depth)
    {
        int count = ReadArrayHeader();
        if (!Charge(ListCost + 8L * count)) return WireValue.Nil.Value;
        var items = new WireValue[count];
        for (int i = 0; i < count; i++)
        {
            items[i] = ReadValue(depth + 1);
            if (Failed) return WireValue.Nil.Value;
        }

        return new WireValue.List(ImmutableCollectionsMarshal.AsImmutableArray(items));
    }

    /// <summary>Integers and float64, of which updates have thousands, are passed without a look at the rest.</summary>
    private void SkipItems(int count, int depth)
    {
        ReadOnlySpan<byte> rest = _span[_position..];
        int at = 0;
        while (count > 0 && !Failed && at < rest.Length)
        {
            int length = rest[at] switch
            {
                <= 0x7f or >= 0xe0 => 1,
                0xcc or 0xd0 => 2,
                0xcd or 0xd1 => 3,
                0xce or 0xd2 or 0xca => 5,
                0xcb or 0xcf or 0xd3 => 9,
                _ => 0,
            };
            if (length == 0 || length > rest.Length - at)
            {
                _position += at;
                Skip(depth + 1);
                rest = _span[_position..];
                at = 0;
            }
            else
            {
                at += length;
            }

            count--;
        }

        if (Failed) return;
        _position += at;
        if (count > 0) Fail(DecodeStatus.NeedMore);
    }

    private bool Enter(int depth)
    {
        if (depth > _limits.MaxDepth) Fail(DecodeStatus.TooLarge);
        return !Failed;
    }
}
