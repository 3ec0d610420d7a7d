using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>
/// Gathers what a command says into messages of at most <c>capacity</c>: text costs its code points and 16 a line, anything
/// else 20. Neighbours of one stream become one entry. Pure: it neither sends nor reads the clock. buildbot-msgpack.md section 8.
/// </summary>
internal sealed class UpdateBuffer(int capacity)
{
    private const int EntryCost = 20, LineCost = 16;

    // Either an UpdateEntry or a PendingText; the last one, when text, may still grow.
    private readonly List<object> _waiting = [];
    private int _used;

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Adds an entry that is not text; messages that became full go to <paramref name="full"/>.</summary>
    public void Append(UpdateEntry entry, List<UpdateBatch> full)
    {
        if (EntryCost > capacity - _used) TakeInto(full);
        _waiting.Add(entry);
        _used += EntryCost;
        if (EntryCost > capacity) TakeInto(full);
    }

    /// <summary>Adds whole lines; messages that became full go to <paramref name="full"/>.</summary>
    public void Append(string stream, string log, LineBatch lines, List<UpdateBatch> full)
    {
        if (lines.Count == 0) return;
        int cost = Cost(lines, 0, lines.Count);
        if (cost <= capacity - _used)
        {
            Merge(stream, log, lines, 0, lines.Count, cost);
            return;
        }
        TakeInto(full);
        if (cost <= capacity)
        {
            Merge(stream, log, lines, 0, lines.Count, cost);
            return;
        }
        for (int from = 0; from < lines.Count;)
        {
            int to = Fitting(lines, from);
            Merge(stream, log, lines, from, to, cost: 0);
            TakeInto(full);
            from = to;
        }
    }

    /// <summary>Everything that waits, as one message; null when nothing does.</summary>
    public UpdateBatch? Take()
    {
        if (_waiting.Count == 0) return null;
        var entries = ImmutableArray.CreateBuilder<UpdateEntry>(_waiting.Count);
        foreach (object waiting in _waiting)
            entries.Add(waiting is PendingText text ? text.ToEntry() : (UpdateEntry)waiting);
        var batch = new UpdateBatch(entries.MoveToImmutable(), [.. _waiting.OfType<PendingText>()]);
        _waiting.Clear();
        _used = 0;
        return batch;
    }

    private void TakeInto(List<UpdateBatch> full)
    {
        if (Take() is { } batch) full.Add(batch);
    }

    private void Merge(string stream, string log, LineBatch lines, int from, int to, int cost)
    {
        if (_waiting.Count == 0 || _waiting[^1] is not PendingText text || !text.IsFor(stream, log))
            _waiting.Add(text = new PendingText(stream, log));
        text.Append(lines, from, to);
        _used += cost;
    }

    /// <summary>The line after the last one that fits into an empty message together with <paramref name="from"/>.</summary>
    private int Fitting(LineBatch lines, int from)
    {
        int low = from + 1, high = lines.Count;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (Cost(lines, from, middle) <= capacity) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    private static int Cost(LineBatch lines, int from, int to)
    {
        int start = from == 0 ? 0 : lines.Newlines[from - 1] + 1;
        return lines.Newlines[to - 1] + 1 - start + LineCost * (to - from);
    }
}
