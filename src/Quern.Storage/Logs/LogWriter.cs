using System.Diagnostics.CodeAnalysis;
using Quern.Model;

namespace Quern.Storage;

/// <summary>Takes in one log. Calls may overlap; they are done one after the other.</summary>
/// <remarks>
/// Life: <see cref="LogStore.Open"/>, any number of <see cref="AppendAsync"/>, then <see cref="CompleteAsync"/>. Disposing
/// without completing leaves the log incomplete, as a crash would; opening it again goes on behind it. Memory per open
/// log is a few hundred bytes: the newest text lies in the tail file, never here.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore's wait handle is never asked for, so it holds nothing to dispose.")]
public sealed partial class LogWriter : IAsyncDisposable
{
    private static readonly byte[] LineEnd = [(byte)'\n'];

    private readonly LogStore _store;
    private readonly LogPath _path;
    private readonly LogStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1, 1);

    private long _lines;            // written in the gate, read by anyone
    private long _bytes;            // as above
    private bool _closed;           // written in the gate
    private bool _overLimit;        // from the first line that was not kept
    private long _droppedBytes;     // text not kept because of the limit
    private long _missingBytes;     // text lost to write errors and not yet marked
    private string _missingReason = "";
    private string? _resumeMark;    // what opening an interrupted log found out, until it is written

    internal LogWriter(LogStore store, LogPath path, LogStoreOptions options, TimeProvider time)
    {
        (_store, _path, _options, _time) = (store, path, options, time);
        _rotateAt = options.FrameBytes;
        ChangeGeneration();
    }

    /// <summary>Lines kept, marks included.</summary>
    public long Lines => Volatile.Read(ref _lines);

    /// <summary>Bytes of text kept, line ends included.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    internal LogPath Path => _path;

    /// <summary>Takes in whole lines; done when they are in the system's hands and survive the end of this process.</summary>
    /// <param name="wholeLines">Each line ends in LF; a missing last one is added. Empty text does nothing.</param>
    /// <param name="at">The time of all these lines.</param>
    /// <exception cref="LogWriteException">Some of the text is lost; the writer goes on and will mark how much.</exception>
    public async ValueTask AppendAsync(OutputStream stream, ReadOnlyMemory<byte> wholeLines, DateTimeOffset at)
    {
        if (wholeLines.IsEmpty) return;
        await _gate.WaitAsync();
        LogWriteException? failure;
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            failure = Take(stream, wholeLines.Span, at);
            if (_tail?.Length >= _rotateAt) await RotateAsync();
        }
        finally
        {
            _gate.Release();
        }
        Signal();
        if (failure is not null) throw failure;
    }

    /// <summary>Writes what is still to be said, puts the log on disk and closes it.</summary>
    /// <exception cref="LogWriteException">The disk refused the end; the log stays incomplete but readable.</exception>
    public async ValueTask<JobLogFacts> CompleteAsync()
    {
        await _gate.WaitAsync();
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            string? error = WriteEnd();
            error = await FinishFilesAsync() ?? error;
            if (error is not null) throw Failure($"The end of the log {_path.Stem} could not be written", error);
            return new JobLogFacts(Lines, Bytes);
        }
        finally
        {
            Close();
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_closed) return;
            await _packing;
            Close();
        }
        finally
        {
            _gate.Release();
        }
    }

    private LogWriteException? Take(OutputStream stream, ReadOnlySpan<byte> text, DateTimeOffset at)
    {
        text = WithinLimit(text);
        if (text.IsEmpty) return null;
        string? error = WriteMarks(at);
        while (error is null && !text.IsEmpty)
        {
            var piece = text[..PieceLength(text)];
            bool unfinished = piece.Length == text.Length && piece[^1] != (byte)'\n';
            error = WriteRecord(LogRecordKind.Text, stream, piece, unfinished ? LineEnd : default, at);
            if (error is null) text = text[piece.Length..];
        }
        if (error is null) return null;
        _missingBytes += text.Length;
        _missingReason = error;
        return Failure($"{text.Length} bytes of the log {_path.Stem} could not be written", error);
    }

    /// <summary>Cuts off what is over the limit, at the end of a line; after the first such line nothing more is kept.</summary>
    private ReadOnlySpan<byte> WithinLimit(ReadOnlySpan<byte> text)
    {
        long left = _overLimit ? 0 : _options.MaxLogBytes - _bytes;
        if (text.Length <= left) return text;
        _overLimit = true;
        int keep = left <= 0 ? 0 : text[..(int)left].LastIndexOf((byte)'\n') + 1;
        _droppedBytes += text.Length - keep;
        return text[..keep];
    }

    private int PieceLength(ReadOnlySpan<byte> text)
    {
        // One byte is left for a line end that may have to be added.
        if (text.Length < _options.RecordBytes) return text.Length;
        int lastLineEnd = text[..(_options.RecordBytes - 1)].LastIndexOf((byte)'\n');
        return lastLineEnd >= 0 ? lastLineEnd + 1 : _options.RecordBytes - 1;
    }

    private string? WriteMarks(DateTimeOffset at)
    {
        if (_resumeMark is { } mark)
        {
            if (WriteMark(mark, at) is { } error) return error;
            _resumeMark = null;
        }
        if (_missingBytes > 0)
        {
            if (WriteMark($"[quern: {_missingBytes} bytes missing: {_missingReason}]\n", at) is { } error) return error;
            _missingBytes = 0;
        }
        return null;
    }

    private string? WriteEnd()
    {
        var now = _time.GetUtcNow();
        string? error = WriteMarks(now);
        if (error is null && _droppedBytes > 0)
        {
            error = WriteMark(
                $"[quern: {_droppedBytes} bytes not kept: the log is over its limit of {_options.MaxLogBytes} bytes]\n", now);
        }
        return error ?? WriteRecord(LogRecordKind.End, OutputStream.Header, default, default, now);
    }

    private string? WriteMark(string mark, DateTimeOffset at) =>
        WriteRecord(LogRecordKind.Text, OutputStream.Header, System.Text.Encoding.UTF8.GetBytes(mark), default, at);

    private string? WriteRecord(
        LogRecordKind kind, OutputStream stream, ReadOnlySpan<byte> text, ReadOnlySpan<byte> lineEnd, DateTimeOffset at)
    {
        if (OpenTail() is { } notOpened) return notOpened;
        // Text without LF at its end is a piece of a very long line and counts as a line of its own.
        int lines = text.Count((byte)'\n') + (lineEnd.Length > 0 || (text.Length > 0 && text[^1] != (byte)'\n') ? 1 : 0);
        int bytes = text.Length + lineEnd.Length;
        var record = new LogRecord(kind, stream, lines, bytes, at.UtcTicks);
        if (_tail!.Append(record, text, lineEnd) is { } error) return error;
        Volatile.Write(ref _bytes, _bytes + bytes);
        Volatile.Write(ref _lines, _lines + lines);
        _dirty = true;
        return null;
    }

    private LogWriteException Failure(string what, string error) => new(
        _path.Stem,
        $"{what}: {error}. Make room on the file system of {System.IO.Path.GetDirectoryName(_path.Stem)}; "
        + "the log goes on with the next line that fits and marks what is missing.");
}
