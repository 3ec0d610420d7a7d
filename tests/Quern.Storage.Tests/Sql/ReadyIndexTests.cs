using Microsoft.Data.Sqlite;
using Xunit;

namespace Quern.Storage.Tests;

public sealed class ReadyIndexTests : StoreContract
{
    private readonly SqliteFile _file;

    public ReadyIndexTests() : this(new SqliteFile()) { }

    private ReadyIndexTests(SqliteFile file) : base(file) => _file = file;

    [Fact]
    public async Task A_hundred_thousand_ready_jobs_are_found_through_the_index()
    {
        await using var connection = new SqliteConnection($"Data Source={_file.FilePath};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var insert = connection.CreateCommand();
        insert.CommandText = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
            INSERT INTO jobs (id, title, environment, pool, priority, state, requester, created_at, ready_at)
            SELECT printf('00000000-0000-7000-8000-%012d', i), 'job', 'release', 'pool ' || (i % 4), i % 10, 'ready', 'test', 1, 1 FROM n
            """;
        await insert.ExecuteNonQueryAsync(Cancellation);

        foreach (string sql in new[] { FarmStore.ReadyPools, FarmStore.ReadyOfPool })
        {
            var steps = await PlanAsync(connection, sql);
            Assert.Contains(steps, s => s.Contains("jobs_ready", StringComparison.Ordinal));
            Assert.All(steps.Where(s => s.Contains("jobs", StringComparison.Ordinal)), s => Assert.Contains("INDEX jobs_ready", s, StringComparison.Ordinal));
            Assert.DoesNotContain(steps, s => s.Contains("TEMP B-TREE", StringComparison.Ordinal));
        }
        var ready = await Store.ReadyJobsAsync(3, Cancellation);
        Assert.Equal(["pool 0", "pool 1", "pool 2", "pool 3"], ready.Select(j => j.Pool).Distinct());
        Assert.Equal([8L, 28L, 48L], ready.Where(j => j.Pool == "pool 0").Select(j => j.Number));
    }

    private static async Task<List<string>> PlanAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + sql;
        if (sql.Contains("@pool", StringComparison.Ordinal)) command.Parameters.AddWithValue("@pool", "pool 1");
        if (sql.Contains("@limit", StringComparison.Ordinal)) command.Parameters.AddWithValue("@limit", 3);
        var steps = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
            steps.Add(reader.GetString(3));
        return steps;
    }
}
