using System.Globalization;
using Quern.Testing;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Quern.Scenarios.BadDays;

/// <summary>
/// The master is killed (SIGKILL) at random points while somebody outside works with it; what it had answered must still
/// hold afterwards. <c>QUERN_SEED</c> repeats a run.
/// </summary>
public sealed class MasterKillTests(PostgresServer server)
{
    private const int OrdinaryKills = 12;
    private const int AllKills = 50;

    [Fact]
    [Trait("Speed", "Slow")]
    public Task Every_answer_survives_kill_9_on_SQLite() => KillAsync(null, OrdinaryKills);

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Every_answer_survives_kill_9_on_PostgreSQL() => await KillAsync(await server.NewDatabaseAsync(), OrdinaryKills);

    [Fact(Explicit = true)]
    [Trait("Run", "nightly")]
    public Task Every_answer_survives_50_kills_on_SQLite() => KillAsync(null, AllKills);

    [Fact(Explicit = true)]
    [Trait("Run", "nightly")]
    public async Task Every_answer_survives_50_kills_on_PostgreSQL() => await KillAsync(await server.NewDatabaseAsync(), AllKills);

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_master_that_answers_before_it_commits_is_found_out(bool postgres)
    {
        using var data = new ScratchFolder();
        string? store = postgres ? await server.NewDatabaseAsync() : null;
        var random = new Random(Seed());
        var client = new OutsideClient(random);
        var wrong = new List<string>();
        for (int kill = 0; kill < 10 && wrong.Count == 0; kill++)
        {
            await using (var master = await StartDefectiveAsync(data.Path, store)) await client.WorkAsync(master, random.Next(1, 60));
            await using var again = await StartDefectiveAsync(data.Path, store);
            wrong = await client.CheckAsync(again, all: true);
        }

        Assert.True(wrong.Count > 0, "The planted defect went unnoticed: the kill test cannot find what it is for.");
    }

    private static async Task KillAsync(string? store, int kills)
    {
        int seed = Seed();
        var random = new Random(seed);
        using var folder = new ScratchFolder();
        var client = new OutsideClient(random);
        string[] more = ["--slots", "4"];
        if (store is not null)
        {
            await File.WriteAllTextAsync(folder["quern.yaml"], $"store: '{store}'\n");
            more = [.. more, "--config", folder["quern.yaml"]];
        }
        for (int kill = 0; kill <= kills; kill++)
        {
            await using var master = await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], more));
            var wrong = await client.CheckAsync(master, all: kill == kills);
            Assert.True(wrong.Count == 0, $"QUERN_SEED={seed}, after kill {kill}: {string.Join('\n', wrong.Take(20))}");
            if (kill < kills) await client.WorkAsync(master, random.Next(1, 600));
        }
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{kills} kills: {client.Submissions} submissions, {client.Outcomes} outcomes, {client.Lines} lines of logs, none lost or changed");
        Assert.True(client.Outcomes > 0 && client.Lines > 0, "The kills came before anything was reported: nothing was compared.");
    }

    private static Task<MasterProcess> StartDefectiveAsync(string data, string? store) =>
        MasterProcess.StartAsync(data, store is null ? [Programs.Self, DefectiveMaster.Verb, data] : [Programs.Self, DefectiveMaster.Verb, data, store]);

    private static int Seed()
    {
        int seed = Environment.GetEnvironmentVariable("QUERN_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : (int)(TimeProvider.System.GetTimestamp() & 0xFFFFFF);
        TestContext.Current.TestOutputHelper!.WriteLine($"QUERN_SEED={seed}");
        return seed;
    }
}
