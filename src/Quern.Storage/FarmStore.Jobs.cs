using System.Collections.Immutable;
using System.Globalization;
using Dapper;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    /// <summary>Finds a job by its id or its running number; null when there is none or the text is neither.</summary>
    public async Task<JobRow?> FindJobAsync(string idOrNumber, CancellationToken cancellationToken)
    {
        bool byId = JobId.TryParse(idOrNumber, out var id);
        if (!byId && !long.TryParse(idOrNumber, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return null;
        string where = byId ? "id = @key" : "number = @key";
        object key = byId ? id.ToString() : long.Parse(idOrNumber, CultureInfo.InvariantCulture);
        var record = await ReadAsync(session => session.Connection.QueryFirstOrDefaultAsync<JobRecord>(
            $"SELECT {JobRecord.Columns} FROM jobs WHERE {where}", new { key }), cancellationToken);
        return record?.ToRow();
    }

    /// <summary>Jobs that match, newest first.</summary>
    public async Task<ImmutableArray<JobRow>> ListJobsAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        int limit = Math.Clamp(filter.Limit, 1, 1000);
        var conditions = new List<string> { "number < @before" };
        if (filter.Package is not null) conditions.Add("package = @package AND package <> ''");
        if (filter.Batch is not null) conditions.Add("batch = @batch");
        if (filter.Builder is not null) conditions.Add("builder = @builder AND builder <> ''");
        var values = new
        {
            before = filter.BeforeNumber ?? long.MaxValue,
            package = filter.Package?.Value,
            batch = filter.Batch?.ToString(),
            builder = filter.Builder,
            limit,
        };
        // One query per state: each reads its own range of the index backwards and stops at the limit.
        string[] states = filter.States.IsDefaultOrEmpty
            ? [""]
            : [.. filter.States.Distinct().Select(s => $" AND state = '{s.Word()}'")];
        var records = await ReadAsync(async session =>
        {
            var found = new List<JobRecord>();
            foreach (string state in states)
            {
                found.AddRange(await session.Connection.QueryAsync<JobRecord>($"""
                    SELECT {JobRecord.Columns} FROM jobs WHERE {string.Join(" AND ", conditions)}{state}
                    ORDER BY number DESC LIMIT @limit
                    """, values));
            }
            return found;
        }, cancellationToken);
        return [.. records.OrderByDescending(r => r.Number).Take(limit).Select(r => r.ToRow())];
    }

    /// <summary>The jobs that a job needs, by their numbers; empty for an unknown job.</summary>
    public async Task<ImmutableArray<JobId>> NeedsOfAsync(JobId job, CancellationToken cancellationToken)
    {
        var ids = await ReadAsync(session => session.Connection.QueryAsync<string>("""
            SELECT need.id FROM jobs JOIN job_needs ON job_needs.job = jobs.number JOIN jobs need ON need.number = job_needs.need
            WHERE jobs.id = @id ORDER BY need.number
            """, new { id = job.ToString() }), cancellationToken);
        return [.. ids.Select(IdOf)];
    }

    /// <summary>The explicit plan a job was submitted with; null when it has none or is unknown.</summary>
    public async Task<Plan?> PlanOfAsync(JobId job, CancellationToken cancellationToken)
    {
        var text = await ReadAsync(session => session.Connection.QueryFirstOrDefaultAsync<string>(
            "SELECT plan FROM jobs WHERE id = @id", new { id = job.ToString() }), cancellationToken);
        return text is null ? null : StorageJson.Read<Plan>(text);
    }

    /// <summary>How many jobs are in each state; every state has an entry.</summary>
    public async Task<ImmutableSortedDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken)
    {
        var counts = Enum.GetValues<JobState>().ToDictionary(s => s, _ => 0L);
        var rows = await ReadAsync(session => session.Connection.QueryAsync<(string State, long Count)>(
            "SELECT state, COUNT(*) FROM jobs GROUP BY state"), cancellationToken);
        foreach (var (state, count) in rows)
            counts[StateOf(state)] = count;
        return counts.ToImmutableSortedDictionary();
    }
}
