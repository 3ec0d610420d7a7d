using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>
/// Ready jobs that the last look at the store found and no place was free for. A place that comes free takes the next of them at once, so
/// that its claim shares the commit of the outcome that freed it. Only a hint: the database decides who wins. Safe for any number of callers.
/// </summary>
internal sealed class ReadyShelf
{
    private readonly Lock _lock = new();

    /// <summary>Jobs that were asked for since the last look began; true once the store has answered. A look may still show them as ready.</summary>
    private readonly Dictionary<JobId, bool> _asked = [];

    private ImmutableArray<ReadyJob> _jobs = [];
    private long _spoilt;

    /// <summary>Before the store is read; the answer goes to <see cref="Fill"/>.</summary>
    public long BeginLook()
    {
        lock (_lock)
        {
            foreach (var answered in _asked.Where(a => a.Value).Select(a => a.Key).ToArray()) _asked.Remove(answered);
            return _spoilt;
        }
    }

    /// <summary>What of a look nobody has asked for yet.</summary>
    public ImmutableArray<ReadyJob> Unasked(ImmutableArray<ReadyJob> seen)
    {
        lock (_lock) return _asked.Count == 0 ? seen : seen.RemoveAll(j => _asked.ContainsKey(j.Id));
    }

    /// <summary>Keeps what a look found, unless work came since it began. Jobs with locks need a look at the locks each time.</summary>
    public void Fill(ImmutableArray<ReadyJob> seen, long look)
    {
        bool locks = seen.Any(j => !j.Locks.IsEmpty);
        lock (_lock) _jobs = locks || look != _spoilt ? [] : seen.RemoveAll(j => _asked.ContainsKey(j.Id));
    }

    /// <summary>There may be better jobs than those here.</summary>
    public void Spoil()
    {
        lock (_lock)
        {
            _spoilt++;
            _jobs = [];
        }
    }

    /// <summary>Takes jobs away for claims; every one of them must come back through <see cref="Answered"/>.</summary>
    /// <param name="choose">Which of the jobs; called under the lock, must be short.</param>
    public Dictionary<JobId, Seat> Take(Func<ImmutableArray<ReadyJob>, Dictionary<JobId, Seat>> choose)
    {
        lock (_lock)
        {
            if (_jobs.IsEmpty) return [];
            var taken = choose(_jobs);
            if (taken.Count > 0) _jobs = _jobs.RemoveAll(j => taken.ContainsKey(j.Id));
            foreach (var job in taken.Keys) _asked[job] = false;
            return taken;
        }
    }

    /// <summary>Notes jobs that a look's own round asks for; false for one that another asked for first.</summary>
    public bool TryAsk(JobId job)
    {
        lock (_lock) return _asked.TryAdd(job, false);
    }

    /// <summary>The store has said who won them, or could not be asked.</summary>
    public void Answered(IEnumerable<JobId> jobs)
    {
        lock (_lock)
        {
            foreach (var job in jobs) _asked[job] = true;
        }
    }
}
