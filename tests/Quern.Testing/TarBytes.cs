using System.Formats.Tar;
using System.Text;

namespace Quern.Testing;

/// <summary>Writes tar archives: well-formed ones with the platform's writer, and headers that no program would write.</summary>
public sealed class TarBytes
{
    private readonly List<byte> _bytes = [];

    public TarBytes File(string name, string content, int mode = 0x1A4) => File(name, Encoding.UTF8.GetBytes(content), mode);

    public TarBytes File(string name, byte[] content, int mode = 0x1A4) => Header(name, '0', "", content.Length, mode).Raw(content).Raw(new byte[(512 - (content.Length % 512)) % 512]);

    public TarBytes Link(string name, string target) => Header(name, '2', target, 0, 0x1FF);

    public TarBytes Folder(string name, int mode = 0x1ED) => Header(name, '5', "", 0, mode);

    /// <summary>A header alone, of any kind and with any size.</summary>
    public TarBytes Header(string name, char type, string target = "", long size = 0, int mode = 0x1A4)
    {
        if (Encoding.UTF8.GetByteCount(name) > 100) return Long(name, type, target, size, mode);
        var header = new byte[512];
        Put(0, name);
        Put(100, Convert.ToString(mode, 8).PadLeft(7, '0') + "\0");
        Put(108, "0000000\0");
        Put(116, "0000000\0");
        Put(124, Convert.ToString(size, 8).PadLeft(11, '0') + "\0");
        Put(136, "14000000000\0");
        Put(148, "        ");
        header[156] = (byte)type;
        Put(157, target);
        Put(257, "ustar\0" + "00");
        Put(148, Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ");
        return Raw(header);

        void Put(int at, string text) => Encoding.UTF8.GetBytes(text).CopyTo(header, at);
    }

    public TarBytes Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>With the end mark.</summary>
    public byte[] ToArchive() => [.. _bytes, .. new byte[1024]];

    /// <summary>The names in an archive, by the platform's reader.</summary>
    public static async Task<Dictionary<string, TarEntry>> ReadAsync(Stream tar)
    {
        var found = new Dictionary<string, TarEntry>(StringComparer.Ordinal);
        await using var reader = new TarReader(tar, leaveOpen: true);
        while (await reader.GetNextEntryAsync(copyData: true) is { } entry) found[entry.Name] = entry;
        return found;
    }

    // GNU's long name.
    private TarBytes Long(string name, char type, string target, long size, int mode)
    {
        byte[] text = Encoding.UTF8.GetBytes(name + "\0");
        Header("././@LongLink", 'L', "", text.Length).Raw(text).Raw(new byte[(512 - (text.Length % 512)) % 512]);
        return Header(name[^100..], type, target, size, mode);
    }
}
