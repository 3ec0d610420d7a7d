using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    /// <summary>
    /// Behind a claim's own conditions: every lock of the job has room. Whoever claims holds the rows of these locks first
    /// (<see cref="HoldLockRowsAsync"/>), so that two processes cannot both see the last room.
    /// </summary>
    private const string LocksHaveRoom = """
        (jobs.locks = '' OR NOT EXISTS (
            SELECT 1 FROM job_locks mine JOIN locks ON locks.name = mine.name
            WHERE mine.job = jobs.number AND locks.most <=
                (SELECT COUNT(*) FROM job_locks other WHERE other.name = mine.name AND other.held = 1)))
        """;

    /// <summary>Makes the farm's locks what is given. Jobs that hold or want a lock that is gone are no longer held back by it.</summary>
    public Task SetLocksAsync(ImmutableArray<StoredLock> locks, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            var stored = await ListAsync(w.Sql, r => new StoredLock(r.GetString(0), (int)r.GetInt64(1)), "SELECT name, most FROM locks ORDER BY name");
            foreach (var changed in locks.Except(stored))
            {
                await w.Sql.ExecuteAsync("INSERT INTO locks (name, most) VALUES (@name, @most) ON CONFLICT (name) DO UPDATE SET most = excluded.most",
                    ("name", changed.Name), ("most", (long)changed.Most));
                w.Emit(EventKinds.LockSaved, changed.Name, actor.Name, EventData.Of(("most", changed.Most)));
            }
            foreach (var gone in stored.ExceptBy(locks.Select(l => l.Name), l => l.Name))
            {
                await w.Sql.ExecuteAsync("DELETE FROM locks WHERE name = @name", ("name", gone.Name));
                w.Emit(EventKinds.LockRemoved, gone.Name, actor.Name);
            }
            return true;
        }, cancellationToken);

    /// <summary>All locks with the jobs that hold them, by name.</summary>
    public Task<ImmutableArray<LockStanding>> ListLocksAsync(CancellationToken cancellationToken) =>
        ReadAsync(async session =>
        {
            var held = await ListAsync(session, r => (Name: r.GetString(0), Job: r.GetInt64(1)),
                "SELECT name, job FROM job_locks WHERE held = 1 ORDER BY name, job");
            var byName = held.ToLookup(h => h.Name, h => h.Job);
            return await ListAsync(session, r => new LockStanding(r.GetString(0), (int)r.GetInt64(1), [.. byName[r.GetString(0)]]),
                "SELECT name, most FROM locks ORDER BY name");
        }, cancellationToken);

    private static async Task InsertLocksAsync(WriteSession w, long job, ImmutableArray<string> locks)
    {
        foreach (string name in locks)
            await w.Sql.ExecuteAsync("INSERT INTO job_locks (job, name) VALUES (@job, @name)", ("job", job), ("name", name));
    }

    /// <summary>Other processes wait here with their own claims of these locks; SQLite has one writer anyway.</summary>
    private async Task HoldLockRowsAsync(WriteSession w, string[] jobs)
    {
        if (_dialect.ForUpdate.Length == 0) return;
        await w.Sql.ExecuteAsync("""
            SELECT name FROM locks WHERE name IN (
                SELECT job_locks.name FROM job_locks JOIN jobs ON jobs.number = job_locks.job WHERE jobs.id = ANY(@ids) AND jobs.locks <> '')
            ORDER BY name
            """ + _dialect.ForUpdate, ("ids", jobs));
    }

    private static Task<int> TakeLocksAsync(WriteSession w, long job) =>
        w.Sql.ExecuteAsync("UPDATE job_locks SET held = 1 WHERE job = @job", ("job", job));

    /// <summary>Gives the locks of an ended attempt back; the events wake gates whose jobs wait for them.</summary>
    private static async Task ReleaseLocksAsync(WriteSession w, RunningJob job, Actor actor)
    {
        if (job.Locks.Length == 0) return;
        await w.Sql.ExecuteAsync("UPDATE job_locks SET held = 0 WHERE job = @job", ("job", job.Number));
        foreach (string name in LocksOf(job.Locks)) w.Emit(EventKinds.LockReleased, name, actor.Name, EventData.Of(("number", job.Number)));
    }

    /// <summary>The names in the column <c>locks</c>.</summary>
    private static ImmutableArray<string> LocksOf(string column) => column.Length == 0 ? [] : [.. column.Split(',')];
}
