using System.Collections.Immutable;
using Quern.Model;
using Quern.Scheduling;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const int MaxKeyLength = 200;

    private const string InsertJob = """
        INSERT INTO jobs (id, title, package, revision, environment, architecture, plan, pool, builder, priority, state, reason,
            needs_left, continue_on_failure, batch, requester, created_at, ready_at, finished_at, locks)
        VALUES (@id, @title, @package, @revision, @environment, @architecture, @plan, @pool, @builder, @priority, @state, @reason,
            @needs_left, @continue_on_failure, @batch, @requester, @created_at, @ready_at, @finished_at, @locks)
        RETURNING number
        """;

    /// <summary>Stores jobs, all or none; each is at once ready, blocked by its needs, or skipped because of them.</summary>
    /// <returns>Refused for what is wrong with the submission itself; sent again with its idempotency key, the first answer.</returns>
    public async Task<SubmitResult> SubmitAsync(Submission submission, Actor actor, CancellationToken cancellationToken)
    {
        if (RefusalOfShape(submission) is { } refusal) return new SubmitResult.Refused(refusal);
        // Serialized here, not in the writer's loop.
        var plans = submission.Jobs.Select(j => j.Plan is null ? null : StorageJson.Write(j.Plan)).ToArray();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await WriteAsync(w => SubmitAsync(w, submission, plans, actor), cancellationToken);
            }
            catch (Exception e) when (_dialect.IsDuplicate(e) && attempt == 1 && submission.IdempotencyKey is not null)
            {
                // Another process used the key between our look and our insert: the second look finds its answer.
            }
            catch (Exception e) when (_dialect.IsDuplicate(e))
            {
                return new SubmitResult.Refused("A job id or the batch id is already in use.");
            }
        }
    }

    private static string? RefusalOfShape(Submission submission)
    {
        if (submission.Jobs.IsDefaultOrEmpty) return "The submission holds no job.";
        if (submission.Jobs.Length > Submission.MaxJobs)
            return $"The submission holds {submission.Jobs.Length} jobs; at most {Submission.MaxJobs} are taken at once.";
        if (submission.IdempotencyKey is { } key && key.Length is 0 or > MaxKeyLength)
            return $"The idempotency key must have 1 to {MaxKeyLength} characters.";
        var comma = submission.Jobs.FirstOrDefault(j => j.Locks.Any(l => l.Length == 0 || l.Contains(',', StringComparison.Ordinal)) || j.Locks.Distinct().Count() < j.Locks.Length);
        if (comma is not null) return $"Job '{comma.Title}' names a lock twice, or one without a name or with a comma in it.";
        var bare = submission.Jobs.FirstOrDefault(j => j.Package is null && j.Plan is null);
        return bare is null ? null : $"Job '{bare.Title}' has neither a package nor a plan.";
    }

    private async ValueTask<SubmitResult> SubmitAsync(WriteSession w, Submission submission, string?[] plans, Actor actor)
    {
        if (submission.IdempotencyKey is { } key &&
            await w.Sql.ScalarAsync<string>("SELECT answer FROM submissions WHERE idempotency_key = @key", ("key", key)) is { } answer)
        {
            return new SubmitResult.Accepted(StorageJson.Read<ImmutableArray<SubmittedJob>>(answer), submission.Batch);
        }

        var (states, refusal) = await DecideAsync(w, submission);
        if (refusal is not null) return new SubmitResult.Refused(refusal);
        var revisions = new int?[submission.Jobs.Length];
        for (int i = 0; i < revisions.Length; i++)
        {
            var job = submission.Jobs[i];
            if (job.Package is not { } package) continue;
            revisions[i] = await RevisionAsync(w, package, job.RecipeRevision);
            if (revisions[i] is null)
                return new SubmitResult.Refused($"Job '{job.Title}' names a recipe that is not stored: {package}" +
                    (job.RecipeRevision is { } wanted ? $", revision {wanted}." : "."));
        }

        if (submission.Batch is { } batch) await InsertBatchAsync(w, submission, batch, actor);
        var stored = ImmutableArray.CreateBuilder<SubmittedJob>(submission.Jobs.Length);
        for (int i = 0; i < submission.Jobs.Length; i++)
        {
            long number = await InsertJobAsync(w, submission, submission.Jobs[i], plans[i], revisions[i], states[i], actor);
            stored.Add(new SubmittedJob(submission.Jobs[i].Id, number));
        }
        await InsertNeedsAsync(w, submission, stored);
        var accepted = new SubmitResult.Accepted(stored.MoveToImmutable(), submission.Batch);
        if (submission.IdempotencyKey is { } newKey)
        {
            await w.Sql.ExecuteAsync("INSERT INTO submissions (idempotency_key, created_at, answer) VALUES (@key, @time, @answer)",
                ("key", newKey), ("time", w.Time), ("answer", StorageJson.Write(accepted.Jobs)));
        }
        return accepted;
    }

    private async Task<(ImmutableArray<FirstState> States, string? Refusal)> DecideAsync(WriteSession w, Submission submission)
    {
        ImmutableArray<JobWish> wishes = [.. submission.Jobs.Select(j => new JobWish(j.Id, j.Title, j.Needs.IsDefault ? [] : j.Needs))];
        var known = new Dictionary<JobId, KnownNeed>();
        foreach (var need in SubmissionRules.OutsideNeeds(wishes))
        {
            // Locked, so that the need does not end between this look and our commit, which would leave us blocked for ever.
            await using var reader = await w.Sql.QueryAsync(
                "SELECT number, title, state FROM jobs WHERE id = @id" + _dialect.ForShare, ("id", need.ToString()));
            if (await reader.ReadAsync())
                known.Add(need, new KnownNeed(need, reader.GetInt64(0), reader.GetString(1), StateOf(reader.GetString(2))));
        }
        var states = SubmissionRules.Decide(wishes, known, submission.ContinueOnFailure, out var refusal);
        return (states, refusal);
    }

    private static async Task<int?> RevisionAsync(WriteSession w, PackageName package, int? wanted)
    {
        long found = wanted is { } revision
            ? await w.Sql.ScalarAsync<long>("SELECT revision FROM recipes WHERE name = @name AND revision = @revision",
                ("name", package.Value), ("revision", (long)revision))
            : await w.Sql.ScalarAsync<long>("SELECT revision FROM recipe_heads WHERE name = @name AND deleted = 0",
                ("name", package.Value));
        return found == 0 ? null : (int)found;
    }

    private static async Task InsertBatchAsync(WriteSession w, Submission submission, BatchId batch, Actor actor)
    {
        await w.Sql.ExecuteAsync("""
            INSERT INTO batches (id, title, requester, created_at, continue_on_failure)
            VALUES (@id, @title, @requester, @time, @continue_on_failure)
            """,
            ("id", batch.ToString()), ("title", submission.BatchTitle), ("requester", actor.Name), ("time", w.Time),
            ("continue_on_failure", submission.ContinueOnFailure ? 1L : 0L));
        w.Emit(EventKinds.BatchSubmitted, batch.ToString(), actor.Name,
            EventData.Of(("title", submission.BatchTitle), ("jobs", submission.Jobs.Length)));
    }

    private static async Task<long> InsertJobAsync(
        WriteSession w, Submission submission, NewJob job, string? plan, int? revision, FirstState first, Actor actor)
    {
        string id = job.Id.ToString();
        long number = await w.Sql.ScalarAsync<long>(InsertJob,
            ("id", id),
            ("title", job.Title),
            ("package", job.Package?.Value ?? ""),
            ("revision", (long?)revision),
            ("environment", job.Environment.Word()),
            ("architecture", job.Architecture),
            ("plan", plan),
            ("pool", job.Pool),
            ("builder", job.Builder),
            ("priority", (long)job.Priority),
            ("state", first.State.Word()),
            ("reason", first.Reason),
            ("needs_left", (long)first.NeedsLeft),
            ("continue_on_failure", submission.ContinueOnFailure ? 1L : 0L),
            ("batch", submission.Batch?.ToString()),
            ("requester", actor.Name),
            ("created_at", w.Time),
            ("ready_at", first.State == JobState.Ready ? w.Time : null),
            ("finished_at", first.State == JobState.Skipped ? w.Time : null),
            ("locks", string.Join(',', job.Locks)));
        if (!job.Locks.IsEmpty) await InsertLocksAsync(w, number, job.Locks);
        w.Emit(EventKinds.JobSubmitted, id, actor.Name, EventData.Of(
            ("number", number), ("title", job.Title), ("package", job.Package?.Value), ("state", first.State.Word()),
            ("reason", first.Reason), ("pool", job.Pool), ("builder", job.Builder), ("batch", submission.Batch?.ToString())));
        if (first.State == JobState.Skipped)
            w.Emit(EventKinds.JobFinished, id, actor.Name, EventData.Of(("state", first.State.Word()), ("reason", first.Reason)));
        return number;
    }

    private static async Task InsertNeedsAsync(WriteSession w, Submission submission, ImmutableArray<SubmittedJob>.Builder stored)
    {
        Dictionary<JobId, long>? numbers = null;
        for (int i = 0; i < submission.Jobs.Length; i++)
        {
            if (submission.Jobs[i].Needs.IsDefaultOrEmpty) continue;
            numbers ??= stored.ToDictionary(j => j.Id, j => j.Number);
            foreach (var need in submission.Jobs[i].Needs.Distinct())
            {
                if (!numbers.TryGetValue(need, out long number))
                {
                    number = await w.Sql.ScalarAsync<long>("SELECT number FROM jobs WHERE id = @id", ("id", need.ToString()));
                    numbers.Add(need, number);
                }
                await w.Sql.ExecuteAsync("INSERT INTO job_needs (job, need) VALUES (@job, @need)",
                    ("job", stored[i].Number), ("need", number));
            }
        }
    }

    private static JobState StateOf(string word) => JobStates.TryParse(word, out var state)
        ? state
        : throw new InvalidDataException($"The database holds the unknown job state '{word}'.");
}
