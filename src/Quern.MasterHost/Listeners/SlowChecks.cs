using System.Collections.Concurrent;
using Quern.MasterHost.Access;
using Quern.Model;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// Checks workers' passwords that are kept under the slow hash: beside the connections, two at a time, and each right one only once, for it is
/// remembered. Then every other is known to be wrong, so guessing costs processor time only at workers that have not come since the start.
/// There a name that was guessed at waits behind those that were not, and rests between its checks; and when too many fail in all, one is
/// checked at a time with a pause after it. Nothing is closed by that: who waits gets its turn. Safe to call from many threads.
/// </summary>
/// <remarks>
/// A check goes on without whoever asked for it: stock workers give up after five seconds, and find the answer ready when they come again.
/// </remarks>
/// <param name="fits">Whether a text fits a hash: <see cref="PasswordHash.Fits"/>, but for tests that count.</param>
internal sealed class SlowChecks(TimeProvider time, Func<string, string, bool>? fits = null) : IAsyncDisposable
{
    /// <summary>At once.</summary>
    public const int Lanes = 2;

    /// <summary>Different passwords of one name that wait or are being checked; more are refused unseen.</summary>
    public const int MaxOfName = 4;

    /// <summary>Wrong ones of a name before it rests between its checks.</summary>
    public const int FreeFailures = 5;

    /// <summary>Wrong ones of all names within a minute before everything slows down.</summary>
    public const int FreeFailuresInAll = 60;

    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <summary>After each check while everything is slowed down: about a fifth of one processor is in use then.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan s_quiet = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly Func<string, string, bool> _fits = fits ?? PasswordHash.Fits;
    private readonly Lock _lock = new();
    private readonly Dictionary<WorkerName, NameLine> _lines = [];

    /// <summary>Those that somebody waits in and nothing is checked of, in the order of their turns.</summary>
    private readonly List<NameLine> _turns = [];

    /// <summary>When the newest wrong ones were seen, as many as it takes to slow down.</summary>
    private readonly Queue<long> _failures = new();

    private readonly ConcurrentDictionary<Task, bool> _tasks = new();
    private ITimer? _timer;
    private int _running;
    private long _endedAt;
    private bool _stopped;

    /// <summary>Whether a password is that of a hash; at once where that is known, else when its turn has come.</summary>
    /// <param name="hash">That of the account now; with another one than before everything about the name is forgotten.</param>
    /// <param name="text">What the hash is of.</param>
    /// <param name="mark">Of name and password.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled, or the same worker came again and waits now.</exception>
    public async ValueTask<bool> FitsAsync(WorkerName name, string hash, string text, byte[] mark, CancellationToken cancellationToken)
    {
        Task<bool> answer;
        lock (_lock)
        {
            if (_stopped) return false;
            if (!_lines.TryGetValue(name, out var line) || line.Hash != hash)
            {
                if (line is not null) End(line);
                _lines[name] = line = new NameLine(hash);
            }
            if (line.Knows(mark) is { } known) return known;
            if (line.Find(mark) is { } before)
            {
                answer = before.AskAgain();
            }
            else
            {
                if (IsFull(line)) return false;
                var check = new SlowCheck(mark, text);
                line.Waiting.Enqueue(check);
                if (line.Running is null && line.Waiting.Count == 1) _turns.Add(line);
                answer = check.Asked.Task;
                Begin();
            }
        }
        return await answer.WaitAsync(cancellationToken);
    }

    /// <summary>Whether another password of this name would be refused unseen.</summary>
    public bool IsFull(WorkerName name)
    {
        lock (_lock) return _lines.TryGetValue(name, out var line) && IsFull(line);
    }

    /// <summary>Forgets what is known of names that have another hash now, or none; whoever waits there is refused.</summary>
    /// <param name="hashOf">Null or empty for none.</param>
    public void Keep(Func<WorkerName, string?> hashOf)
    {
        lock (_lock)
        {
            foreach (var (name, line) in _lines)
            {
                if (hashOf(name) == line.Hash) continue;
                End(line);
                _lines.Remove(name);
            }
        }
    }

    /// <summary>Refuses everybody who waits; returns when nothing is checked any more.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _stopped = true;
            foreach (var line in _lines.Values) End(line);
            _lines.Clear();
            _timer?.Dispose();
        }
        await Task.WhenAll(_tasks.Keys);
    }

    private static bool IsFull(NameLine line) => line.Right is null && line.Waiting.Count + (line.Running is null ? 0 : 1) >= MaxOfName;

    /// <summary>Everything is slowed down.</summary>
    private bool InDoubt => _failures.Count == FreeFailuresInAll && time.GetElapsedTime(_failures.Peek()) < s_minute;

    /// <summary>Starts what may start now; else sees to it that this is called again when something may.</summary>
    private void Begin()
    {
        while (!_stopped && Next() is { } line)
        {
            _turns.Remove(line);
            _running++;
            var check = line.Running = line.Waiting.Dequeue();
            // On a thread of its own: two that only compute would leave the pool of a small machine none for its connections.
            var task = Task.Factory.StartNew(() => Run(line, check), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            _tasks[task] = true;
            _ = task.ContinueWith(t => _tasks.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        // While something runs, its end is when to look again.
        if (_stopped || _running > 0 || _turns.Count == 0) return;
        var wait = _turns.Min(RestOf);
        if (InDoubt && Pause - time.GetElapsedTime(_endedAt) is var left && left > wait) wait = left;
        _timer ??= time.CreateTimer(_ => LookAgain(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    private void LookAgain()
    {
        lock (_lock) Begin();
    }

    /// <summary>Whose turn it is; null when nobody may now.</summary>
    private NameLine? Next()
    {
        if (_turns.Count == 0 || _running >= (InDoubt ? 1 : Lanes)) return null;
        if (InDoubt && time.GetElapsedTime(_endedAt) < Pause) return null;
        NameLine? guessedAt = null;
        foreach (var line in _turns)
        {
            if (line.Failures > 0 && time.GetElapsedTime(line.FailedAt) >= s_quiet) line.Forgive();
            if (line.Failures == 0) return line;
            if (guessedAt is null && RestOf(line) <= TimeSpan.Zero) guessedAt = line;
        }
        return guessedAt;
    }

    private TimeSpan RestOf(NameLine line) => line.Failures < FreeFailures ? TimeSpan.Zero : Rest - time.GetElapsedTime(line.FailedAt);

    private void Run(NameLine line, SlowCheck check)
    {
        bool right = _fits(check.Text, line.Hash);
        lock (_lock)
        {
            _running--;
            _endedAt = time.GetTimestamp();
            line.Running = null;
            if (right) line.Found(check.Mark);
            else Failed(line, check);
            check.Asked.TrySetResult(right && !line.Over);
            // The others are wrong now without being looked at.
            if (right) Refuse(line);
            else if (line.Waiting.Count > 0) _turns.Add(line);
            Begin();
        }
    }

    private void Failed(NameLine line, SlowCheck check)
    {
        line.Failed(check.Mark, _endedAt);
        if (_failures.Count == FreeFailuresInAll) _failures.Dequeue();
        _failures.Enqueue(_endedAt);
    }

    private void End(NameLine line)
    {
        line.Over = true;
        _turns.Remove(line);
        Refuse(line);
    }

    private static void Refuse(NameLine line)
    {
        while (line.Waiting.TryDequeue(out var check)) check.Asked.TrySetResult(false);
    }
}
