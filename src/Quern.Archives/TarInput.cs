using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Quern.Archives;

/// <summary>
/// Reads tar headers one after the other (POSIX.1-2001 pax, and GNU's long names) without believing a length in them:
/// the platform's reader takes memory for an extension as large as the header says.
/// </summary>
/// <remarks>
/// Block of 512 bytes: name[100] mode[8] uid[8] gid[8] size[12] mtime[12] checksum[8] type[1] linkname[100] "ustar\0" "00"
/// uname[32] gname[32] devmajor[8] devminor[8] prefix[155]; then size bytes, padded to 512.
/// </remarks>
/// <param name="stream">The archive, not compressed.</param>
/// <param name="globalHeaders">Whether a header for all members may stand there (type <c>g</c>, as <c>git archive</c> writes one); what it says is passed over.</param>
public sealed class TarInput(Stream stream, bool globalHeaders = false)
{
    private const int Block = 512;
    private const int MaxExtension = 64 << 10;  // names of a few kilobytes; the kernel's longest path has 4,096 bytes

    private static readonly UTF8Encoding Strict = new(false, true);

    // Bytes of the current member that nobody has read, and the padding behind them. Written by ReadContentAsync.
    private long _left;
    private int _padding;

    /// <summary>The next member; null at the end of the archive.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged or uses what packages do not.</exception>
    public async Task<TarHeader?> NextAsync(CancellationToken cancellationToken)
    {
        await SkipContentAsync(cancellationToken);
        string? longName = null, longTarget = null;
        long? longSize = null, longTime = null;
        var block = new byte[Block];
        for (int extensions = 0; extensions < 8; extensions++)
        {
            if (!await ReadBlockAsync(block, cancellationToken)) throw new InvalidDataException("the archive ends without its end mark");
            if (block.AsSpan().IndexOfAnyExcept((byte)0) < 0) return null;
            CheckSum(block);
            long size = Number(block.AsSpan(124, 12), "size");
            char type = (char)block[156];
            if (type == 'g' && globalHeaders)
            {
                CheckGlobal(await ReadExtensionAsync(size, cancellationToken));
                continue;
            }
            if (type is 'x' or 'L' or 'K')
            {
                byte[] extension = await ReadExtensionAsync(size, cancellationToken);
                if (type == 'x') ReadPax(extension, ref longName, ref longTarget, ref longSize, ref longTime);
                else if (type == 'L') longName = Text(extension.AsSpan().TrimEnd((byte)0));
                else longTarget = Text(extension.AsSpan().TrimEnd((byte)0));
                continue;
            }
            string name = longName ?? UstarName(block);
            string target = longTarget ?? Text(Field(block, 157, 100));
            long bytes = longSize ?? size;
            int mode = (int)(Number(block.AsSpan(100, 8), "mode") & 0xFFF);
            // Only files have content; some writers leave a size in other headers.
            bool hasContent = type is '0' or '\0' or '7';
            _left = hasContent ? bytes : 0;
            _padding = (int)((Block - (_left % Block)) % Block);
            return new TarHeader(name, type == '\0' ? '0' : type, hasContent ? bytes : 0, mode, target, longTime ?? TimeOf(block));
        }
        throw new InvalidDataException("a member has too many extension headers");
    }

    /// <summary>The next bytes of the current member; 0 at its end.</summary>
    public async Task<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_left == 0) return 0;
        int read = await stream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        if (read == 0) throw new InvalidDataException("the archive ends within a member");
        _left -= read;
        return read;
    }

    private async Task SkipContentAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[8192];
        while (_left > 0) await ReadContentAsync(buffer, cancellationToken);
        if (_padding > 0) await stream.ReadExactlyAsync(buffer.AsMemory(0, _padding), cancellationToken);
        _padding = 0;
    }

    private async Task<bool> ReadBlockAsync(byte[] block, CancellationToken cancellationToken)
    {
        int read = await stream.ReadAtLeastAsync(block, Block, throwOnEndOfStream: false, cancellationToken);
        if (read is > 0 and < Block) throw new InvalidDataException("the archive ends within a header");
        return read == Block;
    }

    private async Task<byte[]> ReadExtensionAsync(long size, CancellationToken cancellationToken)
    {
        if (size is <= 0 or > MaxExtension) throw new InvalidDataException($"an extension header of {size} bytes is refused");
        var padded = new byte[(size + Block - 1) / Block * Block];
        await stream.ReadExactlyAsync(padded, cancellationToken);
        return padded[..(int)size];
    }

    // Records of "LENGTH KEY=VALUE\n", LENGTH counting itself.
    private static void ReadPax(ReadOnlySpan<byte> records, ref string? name, ref string? target, ref long? size, ref long? time)
    {
        while (!records.IsEmpty)
        {
            int blank = records.IndexOf((byte)' ');
            if (blank is <= 0 or > 6 || !int.TryParse(records[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out int length) ||
                length <= blank + 1 || length > records.Length || records[length - 1] != '\n')
                throw new InvalidDataException("an extension header is damaged");
            var record = records[(blank + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0) throw new InvalidDataException("an extension header is damaged");
            var value = record[(equals + 1)..];
            switch (Text(record[..equals]))
            {
                case "path": name = Text(value); break;
                case "linkpath": target = Text(value); break;
                case "size":
                    if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)) throw new InvalidDataException("a member's size is not a number");
                    size = bytes;
                    break;
                case "mtime":
                    time = SecondsOf(Text(value));
                    break;
                case var key when key.StartsWith("GNU.sparse", StringComparison.Ordinal):
                    throw new InvalidDataException("sparse members are refused");
                default: break;     // owners and attributes do not matter here
            }
            records = records[length..];
        }
    }

    // A name or a size for all members would make every reader see another archive.
    private static void CheckGlobal(byte[] records)
    {
        string? name = null, target = null;
        long? size = null, time = null;
        ReadPax(records, ref name, ref target, ref size, ref time);
        if (name is not null || target is not null || size is not null) throw new InvalidDataException("a header gives one name or size to all members");
    }

    /// <summary>The whole seconds of a decimal number; null for what is none.</summary>
    private static long? SecondsOf(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        return long.TryParse(point < 0 ? text : text[..point], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) ? seconds : null;
    }

    // A time that cannot be read does no harm: the member has none.
    private static long TimeOf(byte[] block)
    {
        long time = 0;
        foreach (byte digit in block.AsSpan(136, 12).Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7') return 0;
            time = (time << 3) | (uint)(digit - '0');
        }
        return time;
    }

    private static string UstarName(byte[] block)
    {
        string name = Text(Field(block, 0, 100));
        bool posix = block.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        string prefix = posix ? Text(Field(block, 345, 155)) : "";
        return prefix.Length == 0 ? name : prefix + "/" + name;
    }

    private static ReadOnlySpan<byte> Field(byte[] block, int at, int length)
    {
        var field = block.AsSpan(at, length);
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            string text = Strict.GetString(bytes);
            return text.Contains('\0', StringComparison.Ordinal) ? throw new InvalidDataException("a name holds a NUL") : text;
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException("a name is not UTF-8");
        }
    }

    // Octal digits, or GNU's base 256 with the top bit set.
    private static long Number(ReadOnlySpan<byte> field, string what)
    {
        if ((field[0] & 0x80) != 0)
        {
            if (field.Length < 9 || field[0] != 0x80 || field[1..^8].IndexOfAnyExcept((byte)0) >= 0) throw new InvalidDataException($"a member's {what} is out of range");
            long big = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return big >= 0 ? big : throw new InvalidDataException($"a member's {what} is out of range");
        }
        long value = 0;
        foreach (byte digit in field.Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7') throw new InvalidDataException($"a member's {what} is not a number");
            value = (value << 3) | (uint)(digit - '0');
        }
        return value;
    }

    private static void CheckSum(byte[] block)
    {
        long sum = 8 * ' ';
        for (int i = 0; i < Block; i++)
            if (i is < 148 or >= 156) sum += block[i];
        if (Number(block.AsSpan(148, 8), "checksum") != sum) throw new InvalidDataException("a header's checksum is wrong");
    }
}
