using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    /// <summary>The pools that have ready jobs: jumps through the index from one pool to the next, never over the queue.</summary>
    internal const string ReadyPools = """
        WITH RECURSIVE pools(pool) AS (
            SELECT (SELECT pool FROM jobs WHERE state = 'ready' ORDER BY pool LIMIT 1)
            UNION ALL
            SELECT (SELECT jobs.pool FROM jobs WHERE state = 'ready' AND jobs.pool > pools.pool ORDER BY jobs.pool LIMIT 1)
            FROM pools WHERE pools.pool IS NOT NULL
        )
        SELECT pool FROM pools WHERE pool IS NOT NULL
        """;

    /// <summary>The best ready jobs of one pool: the first entries of its range in the index.</summary>
    internal const string ReadyOfPool = """
        SELECT id, number, title, pool, builder, priority, package, environment, architecture, ready_at, locks
        FROM jobs WHERE state = 'ready' AND pool = @pool ORDER BY priority DESC, number LIMIT @limit
        """;

    private const string ClaimJob = $"""
        UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = @worker, place = @place, node = @node,
            lease_until = @lease, started_at = @time, reason = ''
        WHERE id = @id AND state = 'ready' AND (builder = '' OR NOT EXISTS (
            SELECT 1 FROM jobs other WHERE other.state = 'running' AND other.worker = @worker AND other.builder = jobs.builder
                AND other.builder <> ''))
            AND {LocksHaveRoom}
        RETURNING number, title, attempt, package, revision, plan, environment, architecture, pool, builder, locks
        """;

    /// <summary>For every pool with ready jobs the first ones: higher priority first, then lower number.</summary>
    public Task<ImmutableArray<ReadyJob>> ReadyJobsAsync(int perPool, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perPool, 1);
        return ReadAsync(async session =>
        {
            var pools = new List<string>();
            await using (var reader = await session.QueryAsync(ReadyPools))
                while (await reader.ReadAsync())
                    pools.Add(reader.GetString(0));

            var jobs = ImmutableArray.CreateBuilder<ReadyJob>();
            foreach (string pool in pools)
            {
                await using var reader = await session.QueryAsync(ReadyOfPool, ("pool", pool), ("limit", (long)perPool));
                while (await reader.ReadAsync())
                    jobs.Add(ReadyJobOf(reader));
            }
            return jobs.ToImmutable();
        }, cancellationToken);
    }

    /// <summary>Tries to take ready jobs for working places. The database decides who wins.</summary>
    /// <returns>The claims that won, in the order given; a job that was not ready any more, or whose builder already runs on
    /// that worker, or whose locks have no room, is missing.</returns>
    public async Task<ImmutableArray<ClaimedJob>> ClaimAsync(ImmutableArray<Claim> claims, CancellationToken cancellationToken)
    {
        if (claims.IsDefaultOrEmpty) return [];
        List<(ClaimedJob Job, string? Plan)> won;
        try
        {
            won = await WriteAsync(w => ClaimAsync(w, claims), cancellationToken);
        }
        catch (Exception e) when (_dialect.IsDuplicate(e))
        {
            // Another process started a job of the same builder on the same worker after our look: now we see it.
            won = await WriteAsync(w => ClaimAsync(w, claims), cancellationToken);
        }
        // Plans are read here, not in the writer's loop.
        return [.. won.Select(c => c.Plan is null ? c.Job : c.Job with { Plan = StorageJson.Read<Plan>(c.Plan) })];
    }

    private async ValueTask<List<(ClaimedJob Job, string? Plan)>> ClaimAsync(WriteSession w, ImmutableArray<Claim> claims)
    {
        var won = new List<(ClaimedJob, string?)>(claims.Length);
        string[] ids = [.. claims.Select(c => c.Job.ToString())];
        if (claims.Length > 1 && _dialect.ForUpdate.Length > 0)
        {
            // Every process takes the rows in one order first: two that claim the same jobs crosswise would wait for each other.
            await w.Sql.ExecuteAsync(
                "SELECT number FROM jobs WHERE id = ANY(@ids) ORDER BY number" + _dialect.ForUpdate, ("ids", ids));
        }
        await HoldLockRowsAsync(w, ids);
        foreach (var claim in claims)
        {
            string id = claim.Job.ToString();
            bool locked;
            ClaimedJob job;
            await using (var reader = await w.Sql.QueryAsync(ClaimJob,
                ("worker", claim.Worker.Value), ("place", claim.Place), ("node", claim.Node),
                ("lease", UnixMicroseconds.From(claim.LeaseUntil)), ("time", w.Time), ("id", id)))
            {
                if (!await reader.ReadAsync()) continue;
                (job, string? plan) = ClaimedJobOf(reader, claim);
                won.Add((job, plan));
                locked = reader.GetString(10).Length > 0;
            }
            if (locked) await TakeLocksAsync(w, job.Number);
            w.Emit(EventKinds.JobStarted, id, Actor.Farm.Name, EventData.Of(
                ("number", job.Number), ("attempt", job.Attempt), ("worker", claim.Worker.Value), ("place", claim.Place),
                ("node", claim.Node)));
        }
        return won;
    }

    private static (ClaimedJob Job, string? Plan) ClaimedJobOf(DbDataReader reader, Claim claim)
    {
        var job = new ClaimedJob
        {
            Id = claim.Job,
            Number = reader.GetInt64(0),
            Title = reader.GetString(1),
            Attempt = (int)reader.GetInt64(2),
            Worker = claim.Worker,
            Place = claim.Place,
            Package = PackageOf(reader.GetString(3)),
            RecipeRevision = reader.IsDBNull(4) ? null : (int)reader.GetInt64(4),
            Plan = null,
            Environment = EnvironmentWords.Parse(reader.GetString(6)),
            Architecture = reader.GetString(7),
            Pool = reader.GetString(8),
            Builder = reader.GetString(9),
        };
        return (job, reader.IsDBNull(5) ? null : reader.GetString(5));
    }

    private static ReadyJob ReadyJobOf(DbDataReader reader) => new()
    {
        Id = IdOf(reader.GetString(0)),
        Number = reader.GetInt64(1),
        Title = reader.GetString(2),
        Pool = reader.GetString(3),
        Builder = reader.GetString(4),
        Priority = (int)reader.GetInt64(5),
        Package = PackageOf(reader.GetString(6)),
        Environment = EnvironmentWords.Parse(reader.GetString(7)),
        Architecture = reader.GetString(8),
        ReadyAt = UnixMicroseconds.ToTime(reader.GetInt64(9)),
        Locks = LocksOf(reader.GetString(10)),
    };

    private static PackageName? PackageOf(string text) => text.Length == 0 ? null : new PackageName(text);

    private static JobId IdOf(string text) => JobId.TryParse(text, out var id)
        ? id
        : throw new InvalidDataException($"The database holds '{text}' as a job id.");
}
