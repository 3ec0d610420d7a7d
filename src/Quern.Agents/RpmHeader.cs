using System.Buffers.Binary;
using System.Text;

namespace Quern.Agents;

/// <summary>A header of an RPM package (rpm.org, "RPM V4 Package format"): tagged values, big-endian, in the order of their tags.</summary>
/// <remarks>
/// <c>8e ad e8 01</c>, four zero bytes, the number of entries, the bytes of the store; then entries of 16 bytes (tag, type, offset into the
/// store, count); then the store. The first entry is the region: it points at the last 16 bytes of the store, which say that all entries before
/// belong to it.
/// </remarks>
internal sealed class RpmHeader(int region)
{
    private const int Int16 = 3, Int32 = 4, Text = 6, Binary = 7, TextArray = 8, TranslatedText = 9;
    private const int EntryBytes = 16;

    private readonly SortedDictionary<int, (int Type, int Count, byte[] Value)> _entries = [];

    public void Add(int tag, string value) => _entries[tag] = (Text, 1, Terminated(value));

    public void AddTranslated(int tag, string value) => _entries[tag] = (TranslatedText, 1, Terminated(value));

    public void Add(int tag, IReadOnlyCollection<string> values) => _entries[tag] = (TextArray, values.Count, [.. values.SelectMany(Terminated)]);

    public void Add(int tag, params IReadOnlyCollection<int> values)
    {
        byte[] bytes = new byte[values.Count * 4];
        int at = 0;
        foreach (int value in values) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * at++), value);
        _entries[tag] = (Int32, values.Count, bytes);
    }

    public void AddShort(int tag, IReadOnlyCollection<int> values)
    {
        byte[] bytes = new byte[values.Count * 2];
        int at = 0;
        foreach (int value in values) BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2 * at++), (ushort)value);
        _entries[tag] = (Int16, values.Count, bytes);
    }

    public void Add(int tag, byte[] value) => _entries[tag] = (Binary, value.Length, value);

    public byte[] ToBytes()
    {
        var index = new MemoryStream();
        var store = new MemoryStream();
        foreach (var (tag, (type, count, value)) in _entries)
        {
            int alignment = type == Int32 ? 4 : type == Int16 ? 2 : 1;
            while (store.Length % alignment != 0) store.WriteByte(0);
            Entry(index, tag, type, (int)store.Length, count);
            store.Write(value);
        }
        int entries = _entries.Count + 1;
        int trailer = (int)store.Length;
        Entry(store, region, Binary, -entries * EntryBytes, EntryBytes);

        var header = new MemoryStream();
        header.Write([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
        Number(header, entries);
        Number(header, (int)store.Length);
        Entry(header, region, Binary, trailer, EntryBytes);
        index.WriteTo(header);
        store.WriteTo(header);
        return header.ToArray();
    }

    private static void Entry(Stream output, int tag, int type, int offset, int count)
    {
        Number(output, tag);
        Number(output, type);
        Number(output, offset);
        Number(output, count);
    }

    private static void Number(Stream output, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        output.Write(bytes);
    }

    private static byte[] Terminated(string value) => [.. Encoding.UTF8.GetBytes(value), 0];
}
