using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    // Internal for the test that reads its query plan.
    internal const string KeptLogsOfState = """
        SELECT id, number, finished_at FROM jobs
        WHERE state = @state AND node = @node AND log_deleted_at IS NULL AND attempt > 0 AND finished_at IS NOT NULL
          AND finished_at < @before AND (finished_at, number) > (@after, @after_number)
        ORDER BY finished_at, number LIMIT @limit
        """;

    /// <summary>Jobs of one node that ended in one state before a time and whose logs are kept, longest finished first.</summary>
    /// <param name="node">The gate that ran the last attempt: it alone has the files of that attempt.</param>
    /// <param name="state">A finished one.</param>
    /// <param name="after">The last of the page before; null for the first page.</param>
    /// <param name="limit">1 to 1000.</param>
    public Task<ImmutableArray<KeptLog>> ListKeptLogsAsync(
        string node, JobState state, DateTimeOffset finishedBefore, KeptLog? after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session,
            row => new KeptLog(IdOf(row.GetString(0)), row.GetInt64(1), UnixMicroseconds.ToTime(row.GetInt64(2))),
            KeptLogsOfState,
            ("node", node), ("state", state.Word()), ("before", UnixMicroseconds.From(finishedBefore)),
            ("after", after is { } last ? UnixMicroseconds.From(last.FinishedAt) : long.MinValue), ("after_number", after?.Number ?? 0),
            ("limit", Math.Clamp(limit, 1, 1000))), cancellationToken);

    /// <summary>
    /// Records that the logs of these jobs have been deleted. Called after the files are gone: whoever dies in between finds
    /// the job among the kept logs again, and deleting nothing does no harm.
    /// </summary>
    /// <returns>How many were recorded; jobs that are unknown, unfinished or recorded already are passed over.</returns>
    public Task<int> MarkLogsDeletedAsync(ImmutableArray<JobId> jobs, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            int marked = 0;
            // In order, so that two processes that mark the same jobs do not wait for each other crosswise.
            foreach (var job in jobs.Order())
            {
                await using var row = await w.Sql.QueryAsync("""
                    UPDATE jobs SET log_deleted_at = @time WHERE id = @id AND log_deleted_at IS NULL AND finished_at IS NOT NULL
                    RETURNING number, log_lines, log_bytes
                    """, ("time", w.Time), ("id", job.ToString()));
                if (!await row.ReadAsync()) continue;
                marked++;
                w.Emit(EventKinds.LogDeleted, job.ToString(), actor.Name, EventData.Of(
                    ("number", row.GetInt64(0)), ("lines", row.GetInt64(1)), ("bytes", row.GetInt64(2))));
            }
            return marked;
        }, cancellationToken);
}
