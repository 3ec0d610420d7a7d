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

    // Of the whole process: several engines may live in it, and one must not reap the other's leaders. A child that ends
    // before it stands here could be taken for an orphan, so starting one and reaping exclude each other.
    private static readonly ConcurrentDictionary<int, byte> Leaders = new();
    private static readonly ReaderWriterLockSlim Starting = new();

    private readonly ITimer _timer;
    private int _armed;

    public OrphanReaper(TimeProvider time)
    {
        _ = Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Starts a process and notes that it is a leader and no orphan.</summary>
    public static LaunchResult Launch(Func<LaunchResult> start) =>
        Launch(start, result => result is LaunchResult.Launched launched ? launched.Child.Id : 0);

    /// <summary>Starts a process that is no command, and notes that it is no orphan until <see cref="Forget"/>.</summary>
    /// <param name="start">Answers its number, or 0 when it could not be started.</param>
    public static int Launch(Func<int> start) => Launch(start, id => id);

    /// <summary>From now on it is taken out of the process table like any other when it is dead.</summary>
    public static void Forget(int id) => Leaders.TryRemove(id, out _);

    /// <summary>The command is over; its leader has been waited for.</summary>
    public void Remove(ChildProcess child)
    {
        Leaders.TryRemove(child.Id, out _);
        if (Interlocked.Exchange(ref _armed, 1) == 0) _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Reaps what is dead; true while living orphans remain.</summary>
    public static bool Reap()
    {
        int self = Environment.ProcessId;
        int session = ProcessEntry.TryRead(self)?.Session ?? 0;
        bool living = false;
        foreach (var entry in ProcessEntry.ReadAll())
        {
            if (entry.Parent != self || entry.Session == session) continue;
            if (entry.IsZombie) ReapUnlessLeader(entry.Id);
            else living |= !Leaders.ContainsKey(entry.Id);
        }
        return living;
    }

    public void Dispose() => _timer.Dispose();

    private static T Launch<T>(Func<T> start, Func<T, int> idOf)
    {
        Starting.EnterReadLock();
        try
        {
            var result = start();
            if (idOf(result) is > 0 and var id) Leaders[id] = 0;
            return result;
        }
        finally
        {
            Starting.ExitReadLock();
        }
    }

    private static void ReapUnlessLeader(int id)
    {
        Starting.EnterWriteLock();
        try
        {
            if (!Leaders.ContainsKey(id)) ChildProcess.Reap(id);
        }
        finally
        {
            Starting.ExitWriteLock();
        }
    }

    private void OnTimer()
    {
        Volatile.Write(ref _armed, 0);
        if (Reap() && Interlocked.Exchange(ref _armed, 1) == 0) _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }
}
