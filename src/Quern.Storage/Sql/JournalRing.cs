using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>
/// The newest journal events in memory, and the bell that wakes who waits for more. Holds an unbroken run of the journal:
/// all events after <c>floor</c> up to <c>tail</c>. Every operation is short and under one lock.
/// </summary>
internal sealed class JournalRing(int capacity, long start)
{
    private readonly Lock _lock = new();
    private readonly FarmEvent[] _events = new FarmEvent[capacity];
    private int _first;               // index of the oldest event
    private int _count;
    private long _floor = start;      // everything after this number, up to _tail, is held
    private long _tail = start;
    private long _last = start;       // newest number known to be committed; may run ahead of _tail
    private TaskCompletionSource _bell = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Last
    {
        get { lock (_lock) return _last; }
    }

    /// <summary>The newest event held.</summary>
    public long Tail
    {
        get { lock (_lock) return _tail; }
    }

    /// <summary>Adds events that follow directly on those held; ones already held are ignored.</summary>
    public void Append(IReadOnlyList<FarmEvent> events)
    {
        TaskCompletionSource? bell = null;
        lock (_lock)
        {
            foreach (var e in events)
            {
                if (e.Sequence <= _tail) continue;
                if (_count == _events.Length)
                {
                    _floor = _events[_first].Sequence;
                    _first = (_first + 1) % _events.Length;
                    _count--;
                }
                _events[(_first + _count++) % _events.Length] = e;
                _tail = e.Sequence;
            }
            if (_tail > _last)
            {
                _last = _tail;
                bell = _bell;
                _bell = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
        bell?.TrySetResult();
    }

    /// <summary>Tells that events up to this number are committed, though not yet held here.</summary>
    public void Advance(long last)
    {
        TaskCompletionSource bell;
        lock (_lock)
        {
            if (last <= _last) return;
            _last = last;
            bell = _bell;
            _bell = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        bell.TrySetResult();
    }

    /// <summary>False when the events after <paramref name="after"/> must be read from the database.</summary>
    public bool TryRead(long after, int limit, out ImmutableArray<FarmEvent> events)
    {
        events = [];
        lock (_lock)
        {
            if (after >= _last) return true;
            if (after < _floor || after >= _tail) return false;
            int low = 0, high = _count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (At(middle).Sequence <= after) low = middle + 1;
                else high = middle;
            }
            var read = ImmutableArray.CreateBuilder<FarmEvent>(Math.Min(limit, _count - low));
            for (int i = low; i < _count && read.Count < limit; i++)
                read.Add(At(i));
            // Ran out before the newest committed event: the database has the rest.
            if (read.Count < limit && _tail < _last) return false;
            events = read.ToImmutable();
            return true;
        }
    }

    /// <summary>Completes once an event with a greater number is committed.</summary>
    public async Task WaitPastAsync(long sequence, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task bell;
            lock (_lock)
            {
                if (_last > sequence) return;
                bell = _bell.Task;
            }
            await bell.WaitAsync(cancellationToken);
        }
    }

    private FarmEvent At(int position) => _events[(_first + position) % _events.Length];
}
