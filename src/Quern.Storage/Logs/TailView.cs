using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>A tail file as a reader sees it: its whole records, looked at once each however the file grows.</summary>
/// <remarks>Used by one caller at a time. A record that is not whole (yet) ends the view.</remarks>
internal sealed class TailView : IDisposable
{
    private const int CheckpointBytes = 64 << 10;

    private readonly SafeFileHandle _file;
    private readonly List<Checkpoint> _checkpoints = [];

    private TailView(SafeFileHandle file) => _file = file;

    /// <summary>Number of the first line; 0 while the header is not there.</summary>
    public long FirstLine { get; private set; }

    /// <summary>Number of the line behind the last whole record.</summary>
    public long NextLine { get; private set; }

    /// <summary>Offset behind the last whole record.</summary>
    public long End { get; private set; }

    /// <summary>Bytes of text in the whole records.</summary>
    public long TextBytes { get; private set; }

    /// <summary>True when the last whole record ends the log.</summary>
    public bool Ended { get; private set; }

    public long FileLength => RandomAccess.GetLength(_file);

    /// <summary>Null when there is no such file.</summary>
    public static TailView? TryOpen(string path)
    {
        try
        {
            return new TailView(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Takes in the records that were written since the last call.</summary>
    public void Extend()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(LogRecord.Size + (2 * LogRecord.MaxText));
        try
        {
            if (FirstLine == 0 && !ReadHeader(buffer)) return;
            while (true)
            {
                int read = RandomAccess.Read(_file, buffer, End);
                if (!TakeRecords(buffer.AsSpan(0, read))) return;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A place at or before <paramref name="line"/> where a record begins, at most 64 KiB and a record away.</summary>
    public Checkpoint Before(long line)
    {
        int low = 0, high = _checkpoints.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_checkpoints[middle].Line <= line) low = middle;
            else high = middle - 1;
        }
        return _checkpoints[low];
    }

    /// <summary>Reads whole and torn bytes alike, never behind <see cref="End"/>.</summary>
    public int Read(long offset, Span<byte> target)
    {
        int wanted = (int)Math.Min(target.Length, End - offset);
        return wanted <= 0 ? 0 : RandomAccess.Read(_file, target[..wanted], offset);
    }

    public void Dispose() => _file.Dispose();

    private bool ReadHeader(Span<byte> buffer)
    {
        int read = RandomAccess.Read(_file, buffer[..TailHeader.Size], 0);
        if (!TailHeader.TryRead(buffer[..read], out long firstLine)) return false;
        FirstLine = NextLine = firstLine;
        End = TailHeader.Size;
        _checkpoints.Add(new Checkpoint(firstLine, End));
        return true;
    }

    private bool TakeRecords(ReadOnlySpan<byte> bytes)
    {
        bool any = false;
        while (LogRecord.TryRead(bytes, verify: true, out var record, out _))
        {
            any = true;
            if (End - _checkpoints[^1].Offset >= CheckpointBytes) _checkpoints.Add(new Checkpoint(NextLine, End));
            int length = LogRecord.Size + record.Bytes;
            bytes = bytes[length..];
            End += length;
            NextLine += record.Lines;
            TextBytes += record.Bytes;
            Ended = record.Kind is LogRecordKind.End;
        }
        return any;
    }

    internal readonly record struct Checkpoint(long Line, long Offset);
}
