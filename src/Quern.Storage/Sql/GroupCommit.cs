using System.Data;
using System.Data.Common;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Quern.Model;

namespace Quern.Storage;

/// <summary>
/// The one writer of a process. Operations queue; the loop puts what is waiting into one transaction, each operation in
/// its own savepoint, appends the journal events of those that succeeded, commits, and only then answers.
/// </summary>
internal sealed class GroupCommit : IAsyncDisposable
{
    // A transaction that loses a deadlock is run again; more often than this points at a bug.
    private const int MaxRuns = 12;

    private readonly StoreDialect _dialect;
    private readonly StoreOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<IReadOnlyList<FarmEvent>> _committed;
    private readonly Channel<WriteOperation> _queue;
    private readonly Task _loop;

    // Written by the loop alone; null after the connection broke, until the next batch.
    private Session? _session;

    /// <param name="session">The writer's connection, owned from now on.</param>
    /// <param name="committed">Told of the events of each commit, before its callers are answered; must not throw.</param>
    public GroupCommit(
        StoreDialect dialect, Session session, StoreOptions options, TimeProvider time, Action<IReadOnlyList<FarmEvent>> committed)
    {
        _dialect = dialect;
        _session = session;
        _options = options;
        _time = time;
        _committed = committed;
        // Full: callers wait for room, which is the back-pressure of a slow disk.
        _queue = Channel.CreateBounded<WriteOperation>(
            new BoundedChannelOptions(options.MaxWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Runs one operation in the next transaction and answers after its commit.</summary>
    /// <param name="body">May run more than once; only the last run counts.</param>
    /// <param name="cancellationToken">Gives up while the operation has not started; afterwards the answer is awaited.</param>
    public async Task<T> RunAsync<T>(Func<WriteSession, ValueTask<T>> body, CancellationToken cancellationToken)
    {
        var operation = new WriteOperation<T>(body, cancellationToken);
        try
        {
            await _queue.Writer.WriteAsync(operation, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(FarmStore));
        }
        return await operation.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        if (_session is not null) await _session.DisposeAsync();
    }

    private async Task LoopAsync()
    {
        var batch = new List<WriteOperation>(_options.MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < _options.MaxBatch && _queue.Reader.TryRead(out var operation))
                if (operation.TryStart()) batch.Add(operation);
            if (batch.Count > 0) await CommitAsync(batch);
        }
    }

    private async Task CommitAsync(List<WriteOperation> batch)
    {
        for (int run = 1; ; run++)
        {
            try
            {
                await CommitOnceAsync(batch);
                return;
            }
            catch (Exception exception)
            {
                await RollBackAsync();
                if (run < MaxRuns && _dialect.IsRetryable(exception)) continue;
                foreach (var operation in batch)
                    operation.Fail(exception);
                return;
            }
        }
    }

    private async Task CommitOnceAsync(List<WriteOperation> batch)
    {
        var session = _session ??= await _dialect.OpenWriterAsync(CancellationToken.None);
        var events = new List<NewEvent>(batch.Count);
        var write = new WriteSession(session, _time.GetUtcNow(), events);
        var failures = new Dictionary<WriteOperation, Exception>();
        // A batch of one needs no savepoint: the transaction itself is one.
        bool savepoints = batch.Count > 1;

        await session.ExecuteAsync(_dialect.Begin);
        if (savepoints) await session.ExecuteAsync("SAVEPOINT operation");
        foreach (var operation in batch)
        {
            int kept = events.Count;
            try
            {
                await operation.RunAsync(write);
            }
            catch (Exception exception) when (!_dialect.IsRetryable(exception) && session.Connection.State == ConnectionState.Open)
            {
                await UndoAsync(session, savepoints ? "ROLLBACK TO SAVEPOINT operation" : "ROLLBACK", exception);
                events.RemoveRange(kept, events.Count - kept);
                failures.Add(operation, exception);
            }
            // The end of one operation's savepoint and the start of the next one's, in one round trip.
            if (savepoints) await session.ExecuteAsync("RELEASE SAVEPOINT operation; SAVEPOINT operation");
        }

        if (savepoints || failures.Count == 0)
        {
            var written = await AppendAsync(session, events, write);
            if (_options.PlantedEarlyAnswer is { } pause)
            {
                Answer(batch, failures);
                await Task.Delay(pause, _time);
            }
            await session.ExecuteAsync("COMMIT");
            if (written.Length > 0) _committed(written);
        }
        Answer(batch, failures);
    }

    private static async Task UndoAsync(Session session, string statement, Exception cause)
    {
        try
        {
            await session.ExecuteAsync(statement);
        }
        catch (DbException)
        {
            // The database rolled everything back by itself (a full disk does that): the whole batch fails with the cause.
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    private async Task<FarmEvent[]> AppendAsync(Session session, List<NewEvent> events, WriteSession write)
    {
        if (events.Count == 0) return [];
        var numbers = await _dialect.AppendJournalAsync(session, events, write.Time);
        // The time as it is read back from the database, so that both ways of reading an event agree.
        var time = UnixMicroseconds.ToTime(write.Time);
        var written = new FarmEvent[numbers.Length];
        for (int i = 0; i < written.Length; i++)
            written[i] = new FarmEvent(numbers[i], time, events[i].Kind, events[i].Subject, events[i].Actor, events[i].Data);
        return written;
    }

    private static void Answer(List<WriteOperation> batch, Dictionary<WriteOperation, Exception> failures)
    {
        foreach (var operation in batch)
        {
            if (failures.TryGetValue(operation, out var exception)) operation.Fail(exception);
            else operation.Answer();
        }
    }

    /// <summary>Leaves no transaction open; a connection that cannot even do that is given up.</summary>
    private async Task RollBackAsync()
    {
        if (_session is not { } session) return;
        try
        {
            await session.ExecuteAsync("ROLLBACK");
        }
        catch (Exception)
        {
            // The first error is the one that callers get; this one is its echo. "No transaction is active" lands here too,
            // and a new connection does no harm then.
            _session = null;
            await session.DisposeAsync();
        }
    }
}
