using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Quern.Storage;

/// <summary>Reads one log, finished or growing. One call at a time; any number of readers beside each other and the writer.</summary>
/// <remarks>
/// Memory: one unpacked frame (about 1.3 MiB) and its packed form while frames are read, and 64 bytes for each frame.
/// Lines move tail → full → qlog, so the files are opened in that order: what has moved on in between is met again, never missed.
/// </remarks>
public sealed partial class LogReader : IDisposable
{
    private readonly LogPath _path;
    private readonly Func<LogWriter?> _live;
    private FrameIndex? _frames;
    private TailView? _full;
    private TailView? _tail;
    private long _generation = -1; // the writer's when the files were opened
    private bool _complete;
    private long _nextLine = 1;

    internal LogReader(LogPath path, Func<LogWriter?> live) => (_path, _live) = (path, live);

    /// <summary>Lines from <paramref name="firstLine"/> (counted from 1) on that are there now.</summary>
    /// <exception cref="InvalidDataException">The asked part is damaged on disk.</exception>
    public Task<LogPage> ReadAsync(long firstLine, int maxLines, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxLines);
        return Task.Run(() => Read(firstLine, maxLines), cancellation);
    }

    /// <summary>Pages as lines arrive, without polling; ends when the log is closed or nobody writes it.</summary>
    /// <param name="fromLine">Counted from 1; a number behind the end waits for that line.</param>
    public async IAsyncEnumerable<LogPage> FollowAsync(
        long fromLine, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        const int PageLines = 1000;
        long next = Math.Max(1, fromLine);
        while (true)
        {
            // Asked before the read: who is gone then has written all that the read will see.
            var writer = _live();
            var page = await ReadAsync(next, PageLines, cancellation);
            next = page.NextLine;
            if (!page.Lines.IsEmpty) yield return page;
            else if (page.Complete || writer is null) yield break;
            else await writer.WaitForMoreAsync(Math.Max(page.TotalLines, next - 1), cancellation);
        }
    }

    /// <summary>Copies the text as it was taken in, line ends included, up to the present end.</summary>
    /// <exception cref="InvalidDataException">The log is damaged on disk.</exception>
    public async Task CopyTextAsync(Stream target, CancellationToken cancellation = default)
    {
        await Task.Run(Refresh, cancellation);
        long line = 1, end = _nextLine;
        while (line < end)
        {
            var piece = await Task.Run(() => Load(line), cancellation);
            if (piece.IsEmpty) return;
            line = Math.Max(line, piece.FirstLine);
            int length = ExtractText(piece, ref line, end);
            await target.WriteAsync(_text.AsMemory(piece.Start, length), cancellation);
        }
    }

    public void Dispose()
    {
        _frames?.Dispose();
        _full?.Dispose();
        _tail?.Dispose();
        _decompressor?.Dispose();
    }

    private void Refresh()
    {
        if (_complete) return;
        var writer = _live();
        long generation = writer?.Generation ?? -1;
        if (writer is null || generation != _generation)
        {
            _tail?.Dispose();
            _full?.Dispose();
            _tail = TailView.TryOpen(_path.Tail);
            _full = TailView.TryOpen(_path.Full);
            _frames ??= FrameIndex.TryOpen(_path.Frames);
            _frames?.Extend();
            _generation = generation;
        }
        _full?.Extend();
        _tail?.Extend();
        TakeEnds();
    }

    private void TakeEnds()
    {
        long next = _frames?.NextLine ?? 1;
        bool complete = _frames?.EndsLog ?? false;
        foreach (var view in (ReadOnlySpan<TailView?>)[_full, _tail])
        {
            if (view is null || view.FirstLine == 0 || view.NextLine < next) continue;
            complete = view.Ended || (complete && view.NextLine == next);
            next = view.NextLine;
        }
        // A moment between opening the files must not take back lines already shown.
        _nextLine = Math.Max(next, _nextLine);
        _complete = complete && _nextLine == next && _live() is null;
    }

    private LogPage Read(long firstLine, int maxLines)
    {
        Refresh();
        long first = Math.Max(1, firstLine);
        long line = first;
        var lines = ImmutableArray.CreateBuilder<LogLine>(Math.Min(maxLines, 1024));
        int budget = PageTextBytes;
        while (lines.Count < maxLines && line < _nextLine && budget > 0)
        {
            var piece = Load(line);
            if (piece.IsEmpty) break;
            budget -= Collect(piece, ref line, maxLines, budget, lines);
        }
        return new LogPage(lines.Count > 0 ? lines[0].Number : first, lines.ToImmutable(), _nextLine - 1, _complete);
    }
}
