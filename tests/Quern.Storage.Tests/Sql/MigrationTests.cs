using System.Reflection;
using Microsoft.Data.Sqlite;
using Quern.Model;
using Xunit;

namespace Quern.Storage.Tests;

public sealed class MigrationTests
{
    private static readonly JobId Waiting = JobId.TryParse("00000000-0000-7000-8000-000000000002", out var id) ? id : throw new FormatException();

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
                INSERT INTO tokens VALUES ('aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd', 'user:admin', '["*"]', 1, NULL);
                INSERT INTO tokens VALUES ('eeeeeeeeeeeeeeeebbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd', 'user:admin', '["*"]', 1, 253402300799000000);
                INSERT INTO listeners VALUES ('branch', '::', 27015, 0, 'file');
                INSERT INTO listeners VALUES ('branch', '127.0.0.1', 27015, 1, 'api');
                INSERT INTO listeners VALUES ('branch', '127.0.0.1', 0, 1, 'api');
                INSERT INTO workers VALUES ('made', 2, 'aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd', 1, 'api');
                INSERT INTO workers VALUES ('told', 3, 'eeeeeeeeeeeeeeeebbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd', 1, 'file');
                INSERT INTO jobs (id, title, environment, state, requester, created_at, attempt, finished_at)
                VALUES ('00000000-0000-7000-8000-000000000001', 'old', 'release', 'succeeded', 'test', 1, 1, 2);
                INSERT INTO jobs (id, title, environment, state, requester, created_at, ready_at, plan)
                VALUES ('00000000-0000-7000-8000-000000000002', 'waiting', 'release', 'ready', 'test', 1, 1,
                    '{"steps":[{"name":"build","command":{"kind":"shell","command":["make"],"working_directory":"","environment":{},"log_environment":true,"use_pty":false,"log_files":{}},"unless_exists":"done","always":false,"explanations":{}},{"name":"clean","command":{"kind":"rmdir","paths":["tree"]},"always":true,"explanations":{"97":"no room"}}]}');
                """;
            await command.ExecuteNonQueryAsync(cancellation);
        }

        await using (var store = await FarmStore.OpenAsync(options, new ManualTime(), cancellation))
        {
            var kept = await store.ListKeptLogsAsync("", JobState.Succeeded, DateTimeOffset.UnixEpoch.AddDays(1), null, 10, cancellation);
            Assert.Equal([1L], kept.Select(l => l.Number));
            Assert.Equal(("old", null), ((await store.FindJobAsync("1", cancellation))!.Title, (await store.FindJobAsync("1", cancellation))!.LogDeletedAt));

            // Listeners are what they were, and have got names.
            Assert.Equal(
                ["1 branch 127.0.0.1:0 True api", "2 branch-27015 127.0.0.1:27015 True api", "3 branch-27015-2 :::27015 False file"],
                (await store.ListListenersAsync(cancellation)).Select(l => $"{l.Id} {l.Name} {l.Address}:{l.Port} {l.Enabled} {l.Origin}"));

            // The owner's token goes on; who had signed in before there were accounts does so again.
            var token = Assert.Single(await store.ListTokensAsync(null, cancellation));
            Assert.Equal(("aaaaaaaaaaaaaaaa", TokenKind.Farm, "user:admin", null), (token.Id, token.Kind, token.Principal, token.ExpiresAt));

            // Passwords of the configuration file are in the database no longer; those that the farm made are.
            Assert.Equal(
                ["made 2 True api aaaaaaaa", "told 3 True file "],
                (await store.ListWorkersAsync(cancellation)).Select(w => $"{w.Name} {w.Slots} {w.Enabled} {w.Origin} {string.Concat(w.PasswordSha256.Hex.Take(8))}"));

            // A plan of that time runs as it would have then: clean-up always, and its failure changes nothing.
            var claimed = Assert.Single(await store.ClaimAsync(
                [new Claim(Waiting, new WorkerName("w"), "p", "n", DateTimeOffset.UnixEpoch.AddYears(100))], cancellation));
            Assert.Equal(["build", "clean"], claimed.Plan!.Steps.Select(s => s.Name));
            Assert.Equal([FailureEffect.Fail, FailureEffect.Ignore], claimed.Plan.Steps.Select(s => s.FailureEffect));
            Assert.Equal([true, false], claimed.Plan.Steps.Select(s => s.HaltsOnFailure));
            Assert.Equal(("done", "no room"), (claimed.Plan.Steps[0].UnlessExists, claimed.Plan.Steps[1].Explanations[97]));
            Assert.Equal(("", 0), (claimed.Plan.Builder, claimed.Plan.Properties.Count));
        }
        await file.DropAsync();
    }

    private static string FirstSchema()
    {
        using var reader = new StreamReader(Assembly.GetAssembly(typeof(FarmStore))!.GetManifestResourceStream("Migrations/sqlite/0001_first.sql")!);
        return reader.ReadToEnd();
    }
}
