using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Quern.Model;
using Quern.Scheduling;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const string FinishJob = """
        UPDATE jobs SET state = @state, reason = @reason, lost = @lost, exit_code = @exit_code, failed_step = @failed_step,
            log_lines = @log_lines, log_bytes = @log_bytes, artifact_sha256 = @sha256, artifact_bytes = @bytes,
            ready_at = COALESCE(@ready_at, ready_at), finished_at = @finished_at, warnings = @warnings
        WHERE number = @number AND state = 'running'
        """;

    /// <summary>
    /// Ends an attempt: the outcome, the published artifact of a package job, what follows for its dependers, and the
    /// journal, in one transaction.
    /// </summary>
    /// <param name="attempt">As <see cref="ClaimedJob.Attempt"/> said; another one is stale.</param>
    public Task<CompleteResult> CompleteAsync(
        JobId job, int attempt, BuildOutcome outcome, JobLogFacts log, Actor actor, CancellationToken cancellationToken) =>
        CompleteAsync(job, attempt, outcome, log, [], actor, cancellationToken);

    /// <summary>As above, with the results of steps that <see cref="SaveStepsAsync"/> was not told of yet.</summary>
    public async Task<CompleteResult> CompleteAsync(
        JobId job, int attempt, BuildOutcome outcome, JobLogFacts log, ImmutableArray<StepResult> steps, Actor actor, CancellationToken cancellationToken) =>
        await WriteAsync(async w =>
        {
            var running = await RunningAsync(w, "id = @key AND attempt = @attempt", ("key", job.ToString()), ("attempt", (long)attempt));
            if (running.Count == 0) return new CompleteResult.Stale();
            await PutStepsAsync(w, running[0], steps, actor);
            return await EndAttemptAsync(w, running[0], outcome, log, actor);
        }, cancellationToken);

    /// <summary>Renews the leases of what runs on a node, then makes every running job whose lease has run out lost.</summary>
    /// <remarks>Both by one reading of the clock in one transaction: a wall clock that was set cannot come between them.</remarks>
    /// <param name="jobs">What really runs there; other jobs of the node run out like those of a dead one.</param>
    /// <returns>How many were lost.</returns>
    public Task<int> KeepLeasesAsync(string node, ImmutableArray<JobId> jobs, TimeSpan lease, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            long until = UnixMicroseconds.From(w.Now + lease);
            foreach (var job in jobs)
                await w.Sql.ExecuteAsync("UPDATE jobs SET lease_until = @until WHERE id = @id AND state = 'running' AND node = @node",
                    ("until", until), ("id", job.ToString()), ("node", node));
            return await LoseExpiredAsync(w);
        }, cancellationToken);

    /// <summary>Makes every running job whose lease has run out lost.</summary>
    /// <returns>How many there were.</returns>
    public Task<int> RequeueExpiredAsync(CancellationToken cancellationToken) => WriteAsync(LoseExpiredAsync, cancellationToken);

    private async ValueTask<int> LoseExpiredAsync(WriteSession w)
    {
        var expired = await RunningAsync(w, "lease_until < @key", ("key", w.Time));
        foreach (var job in expired)
            await EndAttemptAsync(w, job, new BuildOutcome.Lost($"node {job.Node} did not renew its lease in time"), job.Log, Actor.Farm);
        return expired.Count;
    }

    /// <summary>Makes every running job of a node lost, for instance because the node starts anew.</summary>
    /// <returns>How many there were.</returns>
    public Task<int> RecoverNodeAsync(string node, string reason, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            var left = await RunningAsync(w, "node = @key", ("key", node));
            foreach (var job in left)
                await EndAttemptAsync(w, job, new BuildOutcome.Lost(reason), job.Log, Actor.Farm);
            return left.Count;
        }, cancellationToken);

    private async Task<List<RunningJob>> RunningAsync(WriteSession w, string condition, params (string, object?)[] values)
    {
        var jobs = new List<RunningJob>();
        await using var reader = await w.Sql.QueryAsync($"""
            SELECT number, id, title, package, revision, environment, architecture, attempt, lost, cancel_requested, node,
                log_lines, log_bytes, reason, locks
            FROM jobs WHERE state = 'running' AND {condition} ORDER BY number{_dialect.ForUpdate}
            """, values);
        while (await reader.ReadAsync())
            jobs.Add(RunningJobOf(reader));
        return jobs;
    }

    private async Task<CompleteResult> EndAttemptAsync(WriteSession w, RunningJob job, BuildOutcome outcome, JobLogFacts log, Actor actor)
    {
        var end = JobRules.AfterAttempt(outcome, job.Lost, job.CancelRequested);
        // Who asked for the end said why; that says more than that it came.
        if (end.State == JobState.Cancelled && job is { CancelRequested: true, Reason.Length: > 0 }) end = end with { Reason = job.Reason };
        var artifact = outcome is BuildOutcome.Succeeded { Artifacts: { IsDefaultOrEmpty: false } made } ? made[0] : null;
        bool finished = end.State.IsFinished();
        await w.Sql.ExecuteAsync(FinishJob,
            ("state", end.State.Word()), ("reason", end.Reason), ("lost", (long)end.Lost), ("exit_code", (long?)end.ExitCode),
            ("failed_step", end.FailedStep), ("log_lines", log.Lines), ("log_bytes", log.Bytes),
            ("sha256", artifact?.Sha256.Hex), ("bytes", artifact?.Bytes),
            ("ready_at", finished ? null : w.Time), ("finished_at", finished ? w.Time : null), ("warnings", end.Warnings ? 1L : 0L),
            ("number", job.Number));
        await ReleaseLocksAsync(w, job, actor);

        if (outcome is BuildOutcome.Lost lost)
        {
            await LoseStepsAsync(w, job);
            w.Emit(EventKinds.JobLost, job.Id, actor.Name, EventData.Of(
                ("number", job.Number), ("attempt", job.Attempt), ("lost", end.Lost), ("reason", lost.Reason), ("state", end.State.Word())));
        }
        if (!finished) return new CompleteResult.Applied(end.State, [], []);

        if (artifact is not null && job.Package.Length > 0) await PublishAsync(w, job, artifact, actor);
        w.Emit(EventKinds.JobFinished, job.Id, actor.Name, EventData.Of(
            ("number", job.Number), ("attempt", job.Attempt), ("state", end.State.Word()), ("reason", end.Reason),
            ("exit_code", end.ExitCode), ("failed_step", end.FailedStep), ("warnings", end.Warnings ? true : null), ("artifact", artifact?.Sha256.Hex), ("bytes", artifact?.Bytes)));
        var followed = await FollowAsync(w, new EndedJob(job.Number, job.Title, end.State), actor);
        return new CompleteResult.Applied(end.State, followed.Ready, followed.Skipped);
    }

    /// <summary>Carries out what follows for the dependers of a finished job, transitively.</summary>
    private async Task<(ImmutableArray<JobId> Ready, ImmutableArray<JobId> Skipped)> FollowAsync(WriteSession w, EndedJob first, Actor actor)
    {
        List<JobId>? ready = null, skipped = null;
        var ended = new Queue<EndedJob>([first]);
        while (ended.TryDequeue(out var need))
        {
            foreach (var depender in await DependersAsync(w, need.Number))
            {
                switch (JobRules.AfterNeed(need.State, depender.NeedsLeft, depender.ContinueOnFailure))
                {
                    case DependerFate.Wait:
                        await w.Sql.ExecuteAsync("UPDATE jobs SET needs_left = needs_left - 1 WHERE number = @number", ("number", depender.Number));
                        break;
                    case DependerFate.Run:
                        await w.Sql.ExecuteAsync(
                            "UPDATE jobs SET needs_left = 0, state = 'ready', ready_at = @time WHERE number = @number",
                            ("time", w.Time), ("number", depender.Number));
                        w.Emit(EventKinds.JobReady, depender.Id, actor.Name, EventData.Of(("number", depender.Number)));
                        (ready ??= []).Add(IdOf(depender.Id));
                        break;
                    case DependerFate.Skip:
                        string reason = JobRules.SkipReason(need.Title, need.Number, need.State);
                        await w.Sql.ExecuteAsync(
                            "UPDATE jobs SET state = 'skipped', reason = @reason, finished_at = @time WHERE number = @number",
                            ("reason", reason), ("time", w.Time), ("number", depender.Number));
                        w.Emit(EventKinds.JobFinished, depender.Id, actor.Name, EventData.Of(
                            ("number", depender.Number), ("state", JobState.Skipped.Word()), ("reason", reason)));
                        (skipped ??= []).Add(IdOf(depender.Id));
                        ended.Enqueue(new EndedJob(depender.Number, depender.Title, JobState.Skipped));
                        break;
                }
            }
        }
        return ([.. ready ?? []], [.. skipped ?? []]);
    }

    private async Task<List<Depender>> DependersAsync(WriteSession w, long need)
    {
        var dependers = new List<Depender>();
        // In the order of their numbers: two processes that end needs of the same jobs lock them alike.
        await using var reader = await w.Sql.QueryAsync($"""
            SELECT number, id, title, needs_left, continue_on_failure FROM jobs
            WHERE number IN (SELECT job FROM job_needs WHERE need = @need) AND state = 'blocked' ORDER BY number{_dialect.ForUpdate}
            """, ("need", need));
        while (await reader.ReadAsync())
            dependers.Add(new Depender(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4) != 0));
        return dependers;
    }

    private static async Task PublishAsync(WriteSession w, RunningJob job, ProducedArtifact artifact, Actor actor)
    {
        string real = await w.Sql.ScalarAsync<string>("SELECT real_version FROM recipes WHERE name = @name AND revision = @revision",
            ("name", job.Package), ("revision", job.Revision)) ?? throw new InvalidDataException($"Recipe {job.Package} revision {job.Revision} is gone.");
        await w.Sql.ExecuteAsync("""
            INSERT INTO artifacts (name, real_version, real_number, environment, architecture, sha256, bytes, job, time)
            VALUES (@name, @real_version, @real_number, @environment, @architecture, @sha256, @bytes, @job, @time)
            ON CONFLICT (name, real_version, environment, architecture)
            DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes, job = excluded.job, time = excluded.time,
                version = NULL, description = NULL, dependencies = NULL
            """,
            ("name", job.Package), ("real_version", real), ("real_number", long.Parse(real, CultureInfo.InvariantCulture)),
            ("environment", job.Environment), ("architecture", job.Architecture), ("sha256", artifact.Sha256.Hex),
            ("bytes", artifact.Bytes), ("job", job.Id), ("time", w.Time));
        if (artifact.Md5.Length > 0) await PutMd5Async(w, artifact.Sha256, artifact.Md5);
        w.Emit(EventKinds.ArtifactPublished, job.Package, actor.Name, EventData.Of(
            ("real_version", real), ("environment", job.Environment), ("architecture", job.Architecture),
            ("sha256", artifact.Sha256.Hex), ("bytes", artifact.Bytes), ("job", job.Id)));
    }

    private static RunningJob RunningJobOf(DbDataReader reader) => new(
        reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
        reader.IsDBNull(4) ? 0 : reader.GetInt64(4), reader.GetString(5), reader.GetString(6), reader.GetInt64(7),
        (int)reader.GetInt64(8), reader.GetInt64(9) != 0, reader.GetString(10),
        new JobLogFacts(reader.GetInt64(11), reader.GetInt64(12)), reader.GetString(13), reader.GetString(14));

    /// <summary>A running job as completing it needs it.</summary>
    private sealed record RunningJob(
        long Number, string Id, string Title, string Package, long Revision, string Environment, string Architecture,
        long Attempt, int Lost, bool CancelRequested, string Node, JobLogFacts Log, string Reason, string Locks);

    /// <summary>A job that has just ended, whose dependers are to be told.</summary>
    private sealed record EndedJob(long Number, string Title, JobState State);

    private sealed record Depender(long Number, string Id, string Title, long NeedsLeft, bool ContinueOnFailure);
}
