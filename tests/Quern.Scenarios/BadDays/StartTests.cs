using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>A master that cannot start says what is wrong, where, and what to do, and ends with exit code 1.</summary>
[Trait("Speed", "Slow")]
public sealed class StartTests
{
    [Fact]
    public async Task A_port_in_use_is_named_with_what_to_do()
    {
        using var folder = new ScratchFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string address = taken.LocalEndpoint.ToString()!;

        var http = await MasterProcess.RunAsync(Programs.Quern, "up", "--data", folder["a"], "--http", address);
        var workers = await MasterProcess.RunAsync([.. MasterProcess.Up(folder["b"], "--listen", $"buildbot-msgpack={address}")]);

        foreach (var (exitCode, output, errors) in ((int, string, string)[])[http, workers])
        {
            Assert.Equal(1, exitCode);
            Assert.DoesNotContain("ready", output, StringComparison.Ordinal);
            Assert.Contains($"cannot listen on {address}: another program has this port. Stop that program", errors, StringComparison.Ordinal);
            Assert.Contains("choose another port", errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        }
        // Nothing of the failed start is left in the way.
        await using var second = await MasterProcess.StartAsync(folder["a"], MasterProcess.Up(folder["a"], "--no-worker"));
    }

    [Fact]
    public async Task A_second_master_on_one_data_folder_is_refused_and_the_first_works_on()
    {
        using var folder = new ScratchFolder();
        await using var first = await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], "--no-worker"));

        var (exitCode, _, errors) = await MasterProcess.RunAsync(MasterProcess.Up(folder["data"]));

        Assert.Equal(1, exitCode);
        Assert.Contains($"'{folder["data"]}' belongs to another master that is running. Stop it first", errors, StringComparison.Ordinal);
        using var client = first.Client();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/jobs")).StatusCode);
    }

    [Fact]
    public async Task A_data_folder_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        using var folder = new ScratchFolder();
        await using (await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], "--no-worker"))) { }
        await using (var connection = new SqliteConnection($"Data Source={folder["data"]}/farm.db;Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO schema_version (version, applied_at) VALUES (9999, 0)";
            await command.ExecuteNonQueryAsync();
        }

        var (exitCode, _, errors) = await MasterProcess.RunAsync(MasterProcess.Up(folder["data"]));

        Assert.Equal(1, exitCode);
        Assert.Contains(folder["data"], errors, StringComparison.Ordinal);
        Assert.Contains("schema version 9999", errors, StringComparison.Ordinal);
        Assert.Contains("start that version again, or restore a backup", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_database_is_refused_by_name()
    {
        using var folder = new ScratchFolder();
        Directory.CreateDirectory(folder["data"]);
        await File.WriteAllTextAsync(Path.Combine(folder["data"], "farm.db"), string.Concat(Enumerable.Repeat("this is no database ", 500)));

        var (exitCode, _, errors) = await MasterProcess.RunAsync(MasterProcess.Up(folder["data"]));

        Assert.Equal(1, exitCode);
        Assert.Contains($"The database of '{folder["data"]}' cannot be opened", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_path_that_is_a_file_is_refused_by_name()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["data"], "");

        var (exitCode, _, errors) = await MasterProcess.RunAsync(MasterProcess.Up(folder["data"]));

        Assert.Equal(1, exitCode);
        Assert.Contains($"'{folder["data"]}' cannot be made", errors, StringComparison.Ordinal);
        Assert.Contains("--data", errors, StringComparison.Ordinal);
    }
}
