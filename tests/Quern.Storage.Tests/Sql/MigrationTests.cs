using System.Reflection;
using Microsoft.Data.Sqlite;
using Quern.Model;
using Xunit;

namespace Quern.Storage.Tests;

public sealed class MigrationTests
{
    [Fact]
    public async Task A_farm_of_the_first_schema_keeps_its_jobs_and_their_logs_count_as_kept()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var file = new SqliteFile();
        var options = new StoreOptions { Connection = await file.NewDatabaseAsync() };
        await using (var connection = new SqliteConnection($"Data Source={file.FilePath};Pooling=False"))
        {
            await connection.OpenAsync(cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = FirstSchema() + """
                CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL);
                INSERT INTO schema_version VALUES (1, 1);
                INSERT INTO jobs (id, title, environment, state, requester, created_at, attempt, finished_at)
                VALUES ('00000000-0000-7000-8000-000000000001', 'old', 'release', 'succeeded', 'test', 1, 1, 2);
                """;
            await command.ExecuteNonQueryAsync(cancellation);
        }

        await using (var store = await FarmStore.OpenAsync(options, new ManualTime(), cancellation))
        {
            var kept = await store.ListKeptLogsAsync(JobState.Succeeded, DateTimeOffset.UnixEpoch.AddDays(1), null, 10, cancellation);
            Assert.Equal([1L], kept.Select(l => l.Number));
            Assert.Equal(("old", null), ((await store.FindJobAsync("1", cancellation))!.Title, (await store.FindJobAsync("1", cancellation))!.LogDeletedAt));
        }
        await file.DropAsync();
    }

    private static string FirstSchema()
    {
        using var reader = new StreamReader(Assembly.GetAssembly(typeof(FarmStore))!.GetManifestResourceStream("Migrations/sqlite/0001_first.sql")!);
        return reader.ReadToEnd();
    }
}
