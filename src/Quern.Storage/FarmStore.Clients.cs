using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <content>What clients of older farms ask for: lists of package jobs in a few words, and clearing and cancelling them together.</content>
public sealed partial class FarmStore
{
    /// <summary>Jobs of packages in one of the given states, oldest first; the newest when there are more than the limit.</summary>
    /// <param name="finishedAfter">Leaves out what finished at that time or before; null for no such bound.</param>
    /// <param name="limit">1 to 100,000.</param>
    public async Task<ImmutableArray<JobSummary>> ListPackageJobsAsync(
        ImmutableArray<JobState> states, DateTimeOffset? finishedAfter, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 100_000);
        string bound = finishedAfter is null ? "" : " AND finished_at > @after";
        long after = finishedAfter is { } time ? UnixMicroseconds.From(time) : 0;
        var rows = await ReadAsync(async session =>
        {
            var found = new List<JobSummary>();
            // One query per state: each reads its own range of the index backwards and stops at the limit.
            foreach (var state in states.Distinct())
            {
                found.AddRange(await ListAsync(session,
                    r => new JobSummary(IdOf(r.GetString(0)), r.GetInt64(1), r.GetString(2), state, new Actor(r.GetString(3))),
                    $"""
                    SELECT id, number, package, requester FROM jobs
                    WHERE state = @state AND package <> ''{bound} ORDER BY number DESC LIMIT @limit
                    """,
                    [("state", state.Word()), ("limit", (long)limit), .. finishedAfter is null ? [] : new (string, object?)[] { ("after", after) }]));
            }
            return found;
        }, cancellationToken);
        return [.. rows.OrderByDescending(j => j.Number).Take(limit).Reverse()];
    }

    /// <summary>
    /// Cancels a job that has not started. One that runs or has finished is left alone: the answer is then
    /// <see cref="CancelResult.AlreadyFinished"/> with its state.
    /// </summary>
    public Task<CancelResult> CancelQueuedAsync(JobId job, string reason, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync<CancelResult>(async w =>
        {
            if (await FindForCancelAsync(w, job) is not { } found) return new CancelResult.NotFound();
            if (found.State is not (JobState.Blocked or JobState.Ready)) return new CancelResult.AlreadyFinished(found.State);
            await CancelQueuedAsync(w, job, found, reason, actor);
            await FollowAsync(w, new EndedJob(found.Number, found.Title, JobState.Cancelled), actor);
            return new CancelResult.Cancelled();
        }, cancellationToken);

    /// <summary>Cancels every package job that has not started. Jobs that are not of packages stay, also where they need one of these.</summary>
    /// <returns>How many there were.</returns>
    public Task<int> CancelAllQueuedAsync(string reason, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            var queued = new List<(JobId Id, EndedJob Job)>();
            await using (var reader = await w.Sql.QueryAsync(
                "SELECT id, number, title, state FROM jobs WHERE state IN ('blocked', 'ready') AND package <> '' ORDER BY number" + _dialect.ForUpdate))
            {
                while (await reader.ReadAsync())
                    queued.Add((IdOf(reader.GetString(0)), new EndedJob(reader.GetInt64(1), reader.GetString(2), StateOf(reader.GetString(3)))));
            }
            // All of them first: what follows for their dependers then finds only jobs that are not of packages.
            foreach (var (id, job) in queued) await CancelQueuedAsync(w, id, job, reason, actor);
            foreach (var (_, job) in queued) await FollowAsync(w, job with { State = JobState.Cancelled }, actor);
            return queued.Count;
        }, cancellationToken);

    /// <summary>Writes into the journal that the list of finished package jobs was cleared; the jobs themselves stay.</summary>
    public Task SaveJobsClearedAsync(Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(w =>
        {
            w.Emit(EventKinds.JobsCleared, "package jobs", actor.Name);
            return ValueTask.FromResult(true);
        }, cancellationToken);

    /// <summary>Writes into the journal that a client came, went or was turned away.</summary>
    /// <param name="client">What it calls itself, or where it came from.</param>
    /// <param name="kind"><c>connected</c>, <c>disconnected</c>, <c>refused</c>, <c>failed</c> or <c>reported</c>.</param>
    /// <param name="reason">In plain words; may be empty.</param>
    public Task SaveClientEventAsync(string client, string kind, string reason, Actor actor, CancellationToken cancellationToken)
    {
        if (kind is not ("connected" or "disconnected" or "refused" or "failed" or "reported"))
            throw new ArgumentException($"'{kind}' is not connected, disconnected, refused, failed or reported.", nameof(kind));
        return WriteAsync(w =>
        {
            w.Emit(EventKinds.ClientPrefix + kind, client, actor.Name, EventData.Of(("reason", reason)));
            return ValueTask.FromResult(true);
        }, cancellationToken);
    }

    /// <summary>The newest event of a kind; null when there is none. Reads the journal backwards, so a rare kind costs a walk over it.</summary>
    public Task<FarmEvent?> FindLastEventAsync(string kind, CancellationToken cancellationToken) =>
        ReadAsync(async session =>
        {
            await using var reader = await session.QueryAsync(
                "SELECT sequence, time, kind, subject, actor, data FROM journal WHERE kind = @kind ORDER BY sequence DESC LIMIT 1", ("kind", kind));
            return await reader.ReadAsync()
                ? new FarmEvent(reader.GetInt64(0), UnixMicroseconds.ToTime(reader.GetInt64(1)), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5))
                : null;
        }, cancellationToken);

    private static async Task CancelQueuedAsync(WriteSession w, JobId id, EndedJob job, string reason, Actor actor)
    {
        await w.Sql.ExecuteAsync(
            "UPDATE jobs SET state = 'cancelled', reason = @reason, finished_at = @time WHERE number = @number",
            ("reason", reason), ("time", w.Time), ("number", job.Number));
        w.Emit(EventKinds.JobFinished, id.ToString(), actor.Name, EventData.Of(
            ("number", job.Number), ("state", JobState.Cancelled.Word()), ("reason", reason)));
    }
}
