using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>The frames of a .qlog file, found by hopping over their headers and kept in memory: 64 bytes for each MiB of log.</summary>
/// <remarks>Used by one caller at a time.</remarks>
internal sealed class FrameIndex : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly List<Entry> _frames = [];

    private FrameIndex(SafeFileHandle file) => _file = file;

    public IReadOnlyList<Entry> Frames => _frames;

    /// <summary>Number of the line behind the last whole frame; 1 when there is none.</summary>
    public long NextLine => _frames.Count == 0 ? 1 : _frames[^1].Header.NextLine;

    /// <summary>Offset behind the last whole frame.</summary>
    public long End { get; private set; }

    public long TextBytes { get; private set; }

    public bool EndsLog => _frames.Count > 0 && _frames[^1].Header.EndsLog;

    public long FileLength => RandomAccess.GetLength(_file);

    /// <summary>Null when there is no such file.</summary>
    public static FrameIndex? TryOpen(string path)
    {
        try
        {
            return new FrameIndex(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Takes in the frames that were appended since the last call.</summary>
    public void Extend()
    {
        long length = FileLength;
        Span<byte> bytes = stackalloc byte[FrameHeader.Size];
        while (length - End >= FrameHeader.Size)
        {
            int read = RandomAccess.Read(_file, bytes, End);
            if (!FrameHeader.TryRead(bytes[..read], out var header)) return;
            long end = End + FrameHeader.Size + header.PackedBytes;
            if (end > length) return;
            _frames.Add(new Entry(header, End));
            TextBytes += header.TextBytes;
            End = end;
        }
    }

    /// <summary>Drops the last frame when its bytes are not what its header says: a power loss can leave it so.</summary>
    public void DropDamagedEnd()
    {
        while (_frames.Count > 0 && !IsSound(_frames[^1]))
        {
            End = _frames[^1].Offset;
            TextBytes -= _frames[^1].Header.TextBytes;
            _frames.RemoveAt(_frames.Count - 1);
        }
    }

    /// <summary>The frame that holds <paramref name="line"/>, or the next one where it lies in a gap; -1 behind the end.</summary>
    public int Find(long line)
    {
        if (line >= NextLine || _frames.Count == 0) return -1;
        int low = 0, high = _frames.Count - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_frames[middle].Header.NextLine > line) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// <summary>Unpacks one frame into <paramref name="target"/>, which holds its raw length or more.</summary>
    /// <exception cref="InvalidDataException">The frame is damaged.</exception>
    public void Unpack(int frame, Span<byte> packed, Span<byte> target, ZstdDecompressor decompressor)
    {
        var (header, offset) = _frames[frame];
        packed = packed[..header.PackedBytes];
        int read = RandomAccess.Read(_file, packed, offset + FrameHeader.Size);
        if (read != packed.Length || Crc32C.Append(0, packed) != header.PackedSum
            || decompressor.Decompress(packed, target[..header.RawBytes]) != header.RawBytes)
            throw new InvalidDataException($"The log's frame at byte {offset} (lines from {header.FirstLine}) is damaged.");
    }

    public void Dispose() => _file.Dispose();

    private bool IsSound(Entry frame)
    {
        var packed = new byte[frame.Header.PackedBytes];
        int read = RandomAccess.Read(_file, packed, frame.Offset + FrameHeader.Size);
        return read == packed.Length && Crc32C.Append(0, packed) == frame.Header.PackedSum;
    }

    internal readonly record struct Entry(FrameHeader Header, long Offset);
}
