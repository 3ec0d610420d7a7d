using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.Agents;
using Quern.MasterHost.Agents;
using Quern.Model;
using Quern.Testing;
using Quern.WorkerHost;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>The program itself as an agent, and other programs in its place.</summary>
public sealed class AgentUpgradeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_program_joins_and_comes_back_after_it_was_killed()
    {
        await using var yard = await AgentYard.StartAsync();
        string configuration = yard.Configure(await yard.Farm.KeyAsync());
        IWorkerLink link;
        await using (var first = yard.Start(configuration))
        {
            link = await yard.LinkAsync();
            first.Kill();
            await link.Closed.WaitAsync(AgentYard.Patience, Cancellation);
        }

        await using var second = yard.Start(configuration);
        await yard.LinkAsync(other: link);
        Assert.Equal(1, yard.Admin.Sessions);
    }

    [Fact]
    public async Task A_program_that_joins_stays()
    {
        await using var yard = await AgentYard.StartAsync();
        await using var agent = yard.Start(yard.Configure(await yard.Farm.KeyAsync()));
        var link = await yard.LinkAsync();
        string program = yard.Script($"exec {AgentYard.Program} \"$@\"");

        var ended = await UpgradeAsync(yard, program);

        Assert.Equal(("done", ""), (ended["state"]!.ToString(), ended["detail"]!.ToString()));
        await yard.LinkAsync(other: link);
        Assert.Equal(Hash(program).Hex, new FileInfo(Path.Combine(yard.State, "program", "current")).LinkTarget);
        Assert.False(File.Exists(Path.Combine(yard.State, "program", "trial")));
        Assert.Equal("agent.upgraded", (await yard.Farm.Store.ReadJournalAsync(0, 10_000, Cancellation)).Last(e => e.Kind.StartsWith("agent.upgrade", StringComparison.Ordinal)).Kind);
    }

    [Fact]
    public async Task A_program_that_ends_without_joining_is_left_for_the_one_before_and_the_rest_are_left_alone()
    {
        await using var yard = await AgentYard.StartAsync();
        await using var agent = yard.Start(yard.Configure(await yard.Farm.KeyAsync()));
        var link = await yard.LinkAsync();
        using var other = await yard.Farm.JoinAsync("zebra");
        yard.RunWorker(other, "zebra");
        await yard.LinkAsync("zebra");
        // It starts and can be adopted, and then works as nothing; whoever looks after the program starts the installed one again.
        string program = yard.Script($"if [ \"$2\" = run ]; then exec {AgentYard.Program} agent run --config /nonexistent --state /nonexistent; fi\nexec {AgentYard.Program} \"$@\"");

        var upgrading = UpgradeAsync(yard, program);
        Assert.Equal(2, await agent.ExitCodeAsync().WaitAsync(AgentYard.Patience, Cancellation));
        await using var again = yard.Start(yard.Configure("quern_agent_of_long_ago"));
        var ended = await upgrading;

        Assert.Equal("failed", ended["state"]!.ToString());
        Assert.Contains("the program before", ended["detail"]!.ToString(), StringComparison.Ordinal);
        await yard.LinkAsync(other: link);
        Assert.False(File.Exists(Path.Combine(yard.State, "program", "current")));
        var rest = yard.Farm.Master.Get<AgentUpgrades>().Standing!.Agents[1];
        Assert.Equal(("zebra", AgentUpgradeState.Skipped), (rest.Name, rest.State));
    }

    [Fact]
    public async Task A_program_that_does_not_start_there_changes_nothing()
    {
        await using var yard = await AgentYard.StartAsync();
        await using var agent = yard.Start(yard.Configure(await yard.Farm.KeyAsync()));
        var link = await yard.LinkAsync();

        var ended = await UpgradeAsync(yard, yard.Script("exit 3"));

        Assert.Equal("failed", ended["state"]!.ToString());
        Assert.Contains("does not start", ended["detail"]!.ToString(), StringComparison.Ordinal);
        await yard.LinkAsync(other: link);
        Assert.False(Directory.Exists(Path.Combine(yard.State, "program")));
    }

    [Fact]
    public async Task Each_agent_gets_the_program_of_its_own_platform_and_who_runs_it_already_is_left_alone()
    {
        AgentPlatform here = AgentPlatform.Here!, other = AgentPlatform.All.First(p => p.ElfMachine != here.ElfMachine), none = AgentPlatform.All.Last(p => p != other && p != here);
        await using var yard = await AgentYard.StartAsync();
        byte[] program = yard.Compile();
        yard.PutPayload(here.Rid, program);
        yard.PutPayload(other.Rid, BuildFarm.Elf(other.ElfMachine));
        await using var agent = yard.Start(yard.Configure(await yard.Farm.KeyAsync()));
        var link = await yard.LinkAsync();
        foreach (var (name, platform) in new[] { ("yak", none), ("zebra", other) })
        {
            yard.RunWorker(await yard.Farm.JoinAsync(name), name, runs: new OwnProgram(platform.Rid, new string('a', 64)));
            await yard.LinkAsync(name);
            await yard.UntilAsync(async () => (await yard.Farm.FactsAsync(name)).Platform == platform.Rid ? name : null);
        }
        Assert.Equal((here.Rid, true), (link.Description.Platform, link.Description.Program is not null && link.Description.Program != Sha256Hash.Of(program)));

        var first = await UpgradeByPayloadAsync(yard, "");
        var second = await UpgradeByPayloadAsync(yard, "&agent=mill&agent=yak");

        string hash = Sha256Hash.Of(program).Hex, foreign = Sha256Hash.Of(BuildFarm.Elf(other.ElfMachine)).Hex;
        Assert.Equal([$"mill {here.Rid} {hash} done", $"yak {none.Rid}  skipped", $"zebra {other.Rid} {foreign} failed"], first.Select(Told));
        Assert.StartsWith($"There is no program for {none.Rid}: there is ", first[1]["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("the program does not start on that machine", first[2]["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal([$"mill {here.Rid} {hash} current", $"yak {none.Rid}  skipped"], second.Select(Told));
        Assert.Equal("it runs this program already", second[0]["detail"]!.ToString());
        Assert.Single(await yard.Farm.Store.ReadJournalAsync(0, 10_000, Cancellation), e => e.Kind == "agent.upgraded");
        // A file that is sent is the same to it.
        Assert.Equal("current", (await UpgradeAsync(yard, yard.PayloadFile(here.Rid), "?agent=mill"))["state"]!.ToString());

        static string Told(JsonObject a) => $"{a["name"]} {a["platform"]} {a["program"]} {a["state"]}";
    }

    [Fact]
    public async Task An_upgrade_is_by_a_file_or_by_the_payloads_and_not_by_both()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var machine = await farm.JoinAsync();
        using var client = farm.Master.Client();

        using var both = await PostAsync(client, "?payload=true");
        using var neither = await client.PostAsync("/api/v1/agents/upgrade", null, Cancellation);
        using var payload = await client.PostAsync("/api/v1/agents/upgrade?payload=true", null, Cancellation);
        await farm.Master.Get<AgentUpgrades>().Ended.WaitAsync(AgentYard.Patience, Cancellation);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.Accepted), (both.StatusCode, neither.StatusCode, payload.StatusCode));
        Assert.Contains("the body must be empty", await both.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("payload=true", await neither.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        var step = Assert.Single(farm.Master.Get<AgentUpgrades>().Standing!.Agents);
        Assert.Equal((AgentUpgradeState.Skipped, "it was never connected, so that nobody knows for which platform its program must be"), (step.State, step.Detail));
    }

    [Fact]
    public async Task An_upgrade_needs_the_right_in_the_group_and_agents_that_are_there()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var machine = await farm.JoinAsync();
        using var viewer = await farm.Master.ClientMayAsync($"agent:list@{AgentFarm.Group}");
        using var owner = await farm.Master.ClientMayAsync($"*@{AgentFarm.Group}");

        Assert.Equal(HttpStatusCode.NotFound, (await owner.GetAsync("/api/v1/agents/upgrade", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(viewer, "")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(owner, "?agent=ghost")).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync(owner, "?group=others")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(owner, "?agent=mill")).StatusCode);
        await farm.Master.Get<AgentUpgrades>().Ended.WaitAsync(AgentYard.Patience, Cancellation);
        Assert.Equal("skipped", (await owner.GetFromJsonAsync<JsonObject>("/api/v1/agents/upgrade", Cancellation))!["agents"]![0]!["state"]!.ToString());
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string query) =>
        client.PostAsync($"/api/v1/agents/upgrade{query}", new ByteArrayContent([1, 2, 3]), Cancellation);

    /// <summary>Upgrades all agents over HTTP; what became of the first.</summary>
    private static async Task<JsonNode> UpgradeAsync(AgentYard yard, string program, string query = "")
    {
        using var client = yard.Farm.Master.Client();
        using var answer = await client.PostAsync($"/api/v1/agents/upgrade{query}", new ByteArrayContent(await File.ReadAllBytesAsync(program, Cancellation)), Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await yard.Farm.Master.Get<AgentUpgrades>().Ended.WaitAsync(TimeSpan.FromMinutes(2), Cancellation);
        return (await client.GetFromJsonAsync<JsonObject>("/api/v1/agents/upgrade", Cancellation))!["agents"]![0]!;
    }

    private static async Task<List<JsonObject>> UpgradeByPayloadAsync(AgentYard yard, string query)
    {
        using var client = yard.Farm.Master.Client();
        using var answer = await client.PostAsync($"/api/v1/agents/upgrade?payload=true{query}", null, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await yard.Farm.Master.Get<AgentUpgrades>().Ended.WaitAsync(TimeSpan.FromMinutes(2), Cancellation);
        return [.. (await client.GetFromJsonAsync<JsonObject>("/api/v1/agents/upgrade", Cancellation))!["agents"]!.AsArray().Select(a => a!.AsObject())];
    }

    private static Sha256Hash Hash(string file) => Sha256Hash.Of(File.ReadAllBytes(file));
}
