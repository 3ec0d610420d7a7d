using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const string UpsertStep = """
        INSERT INTO job_steps (job, attempt, position, name, state, exit_code, reason, started_at, finished_at, first_line, lines, logs)
        VALUES (@job, @attempt, @position, @name, @state, @exit_code, @reason, @started_at, @finished_at, @first_line, @lines, @logs)
        ON CONFLICT (job, attempt, position) DO UPDATE SET state = excluded.state, exit_code = excluded.exit_code,
            reason = excluded.reason, finished_at = excluded.finished_at, lines = excluded.lines, logs = excluded.logs
        """;

    /// <summary>Keeps how far the steps of a running attempt are; later results of a step replace earlier ones.</summary>
    /// <returns>False when the job is not running or it is another attempt: nothing changed.</returns>
    public Task<bool> SaveStepsAsync(JobId job, int attempt, ImmutableArray<StepResult> steps, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            var running = await RunningAsync(w, "id = @key AND attempt = @attempt", ("key", job.ToString()), ("attempt", (long)attempt));
            if (running.Count == 0) return false;
            await PutStepsAsync(w, running[0], steps, actor);
            return true;
        }, cancellationToken);

    /// <summary>The steps of one attempt that have begun or were left out, in order; empty when nothing is known of them.</summary>
    public Task<ImmutableArray<StepResult>> ListStepsAsync(JobId job, int attempt, CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, StepOf, """
            SELECT position, name, state, exit_code, reason, started_at, finished_at, first_line, lines, logs FROM job_steps
            WHERE job = (SELECT number FROM jobs WHERE id = @id) AND attempt = @attempt ORDER BY position
            """, ("id", job.ToString()), ("attempt", (long)attempt)), cancellationToken);

    private static async Task PutStepsAsync(WriteSession w, RunningJob job, ImmutableArray<StepResult> steps, Actor actor)
    {
        foreach (var step in steps)
        {
            await w.Sql.ExecuteAsync(UpsertStep,
                ("job", job.Number), ("attempt", job.Attempt), ("position", (long)step.Position), ("name", step.Name),
                ("state", step.State.Word()), ("exit_code", (long?)step.ExitCode), ("reason", step.Reason),
                ("started_at", UnixMicroseconds.From(step.StartedAt)), ("finished_at", UnixMicroseconds.From(step.FinishedAt)),
                ("first_line", step.FirstLine), ("lines", step.Lines), ("logs", StorageJson.Write(step.Logs)));
            if (step.State == StepState.Running) continue;
            w.Emit(EventKinds.StepFinished, job.Id, actor.Name, EventData.Of(
                ("number", job.Number), ("attempt", job.Attempt), ("position", step.Position), ("step", step.Name),
                ("state", step.State.Word()), ("exit_code", step.ExitCode), ("reason", step.Reason)));
        }
    }

    /// <summary>Who lost the attempt can tell nothing of the step that ran.</summary>
    private static Task<int> LoseStepsAsync(WriteSession w, RunningJob job) => w.Sql.ExecuteAsync(
        "UPDATE job_steps SET state = 'lost', finished_at = @time WHERE job = @job AND attempt = @attempt AND state = 'running'",
        ("time", w.Time), ("job", job.Number), ("attempt", job.Attempt));

    private static StepResult StepOf(DbDataReader r)
    {
        string word = r.GetString(2);
        if (!StepStates.TryParse(word, out var state)) throw new InvalidDataException($"The database holds the unknown step state '{word}'.");
        return new StepResult((int)r.GetInt64(0), r.GetString(1), state)
        {
            ExitCode = r.IsDBNull(3) ? null : (int)r.GetInt64(3),
            Reason = r.GetString(4),
            StartedAt = r.IsDBNull(5) ? null : UnixMicroseconds.ToTime(r.GetInt64(5)),
            FinishedAt = r.IsDBNull(6) ? null : UnixMicroseconds.ToTime(r.GetInt64(6)),
            FirstLine = r.GetInt64(7),
            Lines = r.GetInt64(8),
            Logs = StorageJson.Read<ImmutableArray<string>>(r.GetString(9)),
        };
    }
}
