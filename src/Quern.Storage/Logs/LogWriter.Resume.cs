using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>Going on with a log whose writer ended without closing it.</summary>
public sealed partial class LogWriter
{
    /// <summary>Finds the end of what is whole, cuts off what is torn, and remembers to say so in the log.</summary>
    internal void Resume()
    {
        long next = ResumeFrames();
        next = ResumeTail(_path.Full, next, full: true);
        next = ResumeTail(_path.Tail, next, full: false);
        _lines = next - 1;
        _overLimit = _bytes >= _options.MaxLogBytes;
    }

    private long ResumeFrames()
    {
        using var index = FrameIndex.TryOpen(_path.Frames);
        if (index is null) return 1;
        index.Extend();
        index.DropDamagedEnd();
        var handle = Reopen(_path.Frames);
        // A frame that a crash tore is still whole in the tail it came from, so there is nothing to mark.
        if (index.FileLength > index.End) RandomAccess.SetLength(handle, index.End);
        _frames = new FrameFile(handle, index.End, index.NextLine);
        _bytes = index.TextBytes;
        return index.NextLine;
    }

    private long ResumeTail(string path, long next, bool full)
    {
        using var view = TailView.TryOpen(path);
        if (view is null) return next;
        view.Extend();
        long torn = view.FileLength - view.End;
        if (view.FirstLine == 0 || view.NextLine < next || (view.NextLine == next && full))
        {
            // Not even a header, or all of it moved into frames already.
            if (view.FirstLine == 0 && torn > 0) MarkTorn(torn);
            File.Delete(path);
            return next;
        }
        if (view.FirstLine > next) _resumeMark += $"[quern: lines {next} to {view.FirstLine - 1} missing: lost with the machine]\n";
        var tail = new TailFile(Reopen(path), view.FirstLine, view.End) { Promised = true };
        if (torn > 0)
        {
            RandomAccess.SetLength(tail.Handle, view.End);
            MarkTorn(torn);
        }
        _bytes += TextFrom(view, next);
        if (full) _full = tail;
        else _tail = tail;
        return view.NextLine;
    }

    /// <summary>Bytes of text in the records from line <paramref name="next"/> on: those before are counted in the frames.</summary>
    private static long TextFrom(TailView view, long next)
    {
        if (view.FirstLine >= next) return view.TextBytes;
        long bytes = 0, offset = TailHeader.Size, line = view.FirstLine;
        var buffer = new byte[LogRecord.Size];
        while (view.Read(offset, buffer) == buffer.Length)
        {
            var (lines, length) = LogRecord.Lengths(buffer);
            if (line >= next) bytes += length;
            line += lines;
            offset += LogRecord.Size + length;
        }
        return bytes;
    }

    private void MarkTorn(long bytes) =>
        _resumeMark += $"[quern: {bytes} bytes cut: the log's writer ended in the middle of a line]\n";

    private static SafeFileHandle Reopen(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
