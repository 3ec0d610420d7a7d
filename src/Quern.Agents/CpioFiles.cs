using System.Globalization;
using System.Text;

namespace Quern.Agents;

/// <summary>A cpio archive in the form "new ASCII" (cpio(5)): 110 bytes of header in hexadecimal, the name, the content, each padded to four.</summary>
internal sealed class CpioFiles(Stream output, long modified)
{
    private int _inode;

    /// <summary>Bytes written, which the alignment counts from.</summary>
    public long Length { get; private set; }

    public void Add(string name, int mode, ReadOnlySpan<byte> content)
    {
        Header(name, ++_inode, mode, content.Length, 1, modified);
        Put(content);
        Pad();
    }

    public void End() => Header("TRAILER!!!", 0, 0, 0, 1, 0);

    private void Header(string name, int inode, int mode, int bytes, int links, long time)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        Put(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"070701{inode:x8}{mode:x8}{0:x8}{0:x8}{links:x8}{time:x8}{bytes:x8}{0:x8}{0:x8}{0:x8}{0:x8}{text.Length + 1:x8}{0:x8}")));
        Put(text);
        Put([0]);
        Pad();
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        Length += bytes.Length;
    }

    private void Pad()
    {
        while (Length % 4 != 0) Put([0]);
    }
}
