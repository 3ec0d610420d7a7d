using System.Globalization;
using System.Text;

namespace Quern.Peers.Tests.Dispatch;

/// <summary>Members of a tar, block by block: also those that no library writes.</summary>
internal static class RawTar
{
    private const int BlockBytes = 512;

    public static byte[] End { get; } = new byte[2 * BlockBytes];

    /// <summary>A header with its content, if it has one. Names are cut to what a header has room for.</summary>
    /// <param name="name">As it is, with slashes and all.</param>
    /// <param name="type">The letter: <c>0</c> file, <c>1</c> hard link, <c>2</c> link, <c>3</c> and <c>4</c> devices, <c>5</c> folder, <c>6</c> FIFO.</param>
    /// <param name="link">What a link links to.</param>
    /// <param name="mode">Permissions.</param>
    /// <param name="content">Bytes behind the header.</param>
    /// <param name="gnu">GNU's format instead of POSIX's.</param>
    public static byte[] Member(string name, char type, string link = "", int mode = 0x1ED, byte[]? content = null, bool gnu = false)
    {
        int length = content?.Length ?? 0;
        byte[] member = new byte[BlockBytes + ((length + BlockBytes - 1) / BlockBytes * BlockBytes)];
        Put(member, 0, 100, name);
        Put(member, 100, 8, Octal(mode, 7));
        Put(member, 108, 8, Octal(0, 7));
        Put(member, 116, 8, Octal(0, 7));
        Put(member, 124, 12, Octal(length, 11));
        Put(member, 136, 12, Octal(1000, 11));
        Put(member, 148, 8, "        ");
        member[156] = (byte)type;
        Put(member, 157, 100, link);
        Put(member, 257, 8, gnu ? "ustar  \0" : "ustar\00" + "0");
        Put(member, 148, 8, Octal(member.AsSpan(0, BlockBytes).ToArray().Sum(b => b), 6) + "\0 ");
        content?.CopyTo(member, BlockBytes);
        return member;
    }

    /// <summary>A pax record for the member behind it.</summary>
    public static byte[] Pax(string key, string value)
    {
        int length = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        int digits = 1;
        while ((length + digits).ToString(CultureInfo.InvariantCulture).Length > digits) digits++;
        return Member("././@PaxHeader", 'x', content: Encoding.UTF8.GetBytes($"{length + digits} {key}={value}\n"));
    }

    /// <summary>GNU's way for a name (<c>L</c>) or a link (<c>K</c>) that is too long for the member behind it.</summary>
    public static byte[] GnuLong(char type, string text) =>
        Member("././@LongLink", type, content: Encoding.UTF8.GetBytes(text + "\0"), gnu: true);

    private static string Octal(int value, int digits) => Convert.ToString(value, 8).PadLeft(digits, '0');

    private static void Put(byte[] member, int at, int room, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, room)).CopyTo(member.AsSpan(at));
    }
}
