using System.Collections.Concurrent;

namespace Quern.Execution;

/// <summary>
/// Takes dead orphans out of the process table. They come to us because the engine is a subreaper; children that the host
/// program started by other means are left alone: they share our session, orphans of commands never do.
/// </summary>
internal sealed class OrphanReaper : IDisposable
{
    // A few zombies do no harm for a while; a scan of the process table for each command would.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, byte> _leaders = new();
    private readonly ITimer _timer;
    private int _armed;

    public OrphanReaper(TimeProvider time)
    {
        _ = Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(ChildProcess child) => _leaders[child.Id] = 0;

    /// <summary>The command is over; its leader has been waited for.</summary>
    public void Remove(ChildProcess child)
    {
        _leaders.TryRemove(child.Id, out _);
        if (Interlocked.Exchange(ref _armed, 1) == 0) _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Reaps what is dead; true while living orphans remain.</summary>
    public bool Reap()
    {
        int self = Environment.ProcessId;
        int session = ProcessEntry.TryRead(self)?.Session ?? 0;
        bool living = false;
        foreach (var entry in ProcessEntry.ReadAll())
        {
            if (entry.Parent != self || entry.Session == session || _leaders.ContainsKey(entry.Id)) continue;
            if (entry.IsZombie) ChildProcess.Reap(entry.Id);
            else living = true;
        }
        return living;
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        Volatile.Write(ref _armed, 0);
        if (Reap() && Interlocked.Exchange(ref _armed, 1) == 0) _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }
}
