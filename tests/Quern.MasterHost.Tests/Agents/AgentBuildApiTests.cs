using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Agents;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Agents made to order over HTTP, with the real desk of keys behind it.</summary>
public sealed class AgentBuildApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_is_ordered_followed_and_fetched()
    {
        await using var farm = await FarmAsync();
        using var client = farm.Client();

        var answer = await client.PostAsJsonAsync("/api/v1/agents/builds", Order(), Cancellation);
        var build = await EndAsync(client, await MasterFixture.BodyAsync(answer));

        Assert.Equal((HttpStatusCode.Accepted, $"/api/v1/agents/builds/{build["id"]}"), (answer.StatusCode, answer.Headers.Location?.ToString()));
        Assert.Equal(("done", "100", "lab machines", "linux-x64", "tar.gz"), ($"{build["state"]}", $"{build["percent"]}", $"{build["group"]}", $"{build["platform"]}", $"{build["format"]}"));
        using var file = await client.GetAsync($"/api/v1/agents/builds/{build["id"]}/artifact", Cancellation);
        byte[] bytes = await file.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal($"{build["artifact"]!["sha256"]}", Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal($"\"{build["artifact"]!["sha256"]}\"", file.Headers.ETag!.Tag);
        Assert.Equal($"{build["artifact"]!["name"]}", file.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.Equal($"{build["id"]}", $"{(await client.GetFromJsonAsync<JsonObject>("/api/v1/agents/builds", Cancellation))!["items"]!.AsArray().Single()!["id"]}");
        var keys = await farm.Get<FarmStore>().ListEnrolmentKeysAsync(Cancellation);
        Assert.Equal($"{build["artifact"]!["key_id"]}", Assert.Single(keys).Id);
        Assert.Contains((await farm.Get<FarmStore>().ReadJournalAsync(0, 1000, Cancellation)).Select(e => e.Kind), k => k == EventKinds.AgentFetched);
    }

    [Fact]
    public async Task An_artifact_is_fetched_in_parts()
    {
        await using var farm = await FarmAsync();
        using var client = farm.Client();
        var build = await EndAsync(client, await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/agents/builds", Order(), Cancellation)));

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/agents/builds/{build["id"]}/artifact") { Headers = { Range = new RangeHeaderValue(2, 5) } };
        using var part = await client.SendAsync(request, Cancellation);

        Assert.Equal((HttpStatusCode.PartialContent, 4L), (part.StatusCode, part.Content.Headers.ContentLength));
    }

    [Fact, Trait("CWE", "400")]
    public async Task A_group_has_so_many_links_and_a_used_one_makes_room()
    {
        await using var farm = await FarmAsync();
        using var client = farm.Client();
        using var anybody = new HttpClient { BaseAddress = farm.Address };
        var build = await EndAsync(client, await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/agents/builds", Order(), Cancellation)));
        Task<HttpResponseMessage> LinkAsync() => client.PostAsync($"/api/v1/agents/builds/{build["id"]}/link", null, Cancellation);
        using var first = await LinkAsync();
        for (int i = 1; i < AgentLinks.MaxOfGroup; i++)
        {
            using var more = await LinkAsync();
            Assert.Equal(HttpStatusCode.Created, more.StatusCode);
        }

        using var tooMany = await LinkAsync();
        using var used = await anybody.GetAsync($"{(await MasterFixture.BodyAsync(first))["path"]}", Cancellation);
        using var again = await LinkAsync();

        Assert.Equal([HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.Created], [tooMany.StatusCode, used.StatusCode, again.StatusCode]);
        Assert.Contains("50 links to agents of the group 'lab machines' are open.", $"{(await MasterFixture.BodyAsync(tooMany))["detail"]}", StringComparison.Ordinal);
    }

    [Fact, Trait("CWE", "367")]
    public async Task Of_twenty_who_use_a_link_at_once_one_gets_the_file()
    {
        await using var farm = await FarmAsync();
        using var client = farm.Client();
        var build = await EndAsync(client, await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/agents/builds", Order(), Cancellation)));
        var link = await MasterFixture.BodyAsync(await client.PostAsync($"/api/v1/agents/builds/{build["id"]}/link", null, Cancellation));
        using var anybody = new HttpClient { BaseAddress = farm.Address };

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => anybody.GetAsync($"{link["path"]}", Cancellation)));

        Assert.Equal((1, 19), (answers.Count(a => a.StatusCode == HttpStatusCode.OK), answers.Count(a => a.StatusCode == HttpStatusCode.NotFound)));
        foreach (var answer in answers) answer.Dispose();
        var fetched = (await farm.Get<FarmStore>().ReadJournalAsync(0, 1000, Cancellation)).Where(e => e.Kind == EventKinds.AgentFetched);
        Assert.Single(fetched);
    }

    [Fact]
    public async Task A_link_is_good_once_for_anybody()
    {
        await using var farm = await FarmAsync();
        using var client = farm.Client();
        var build = await EndAsync(client, await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/agents/builds", Order(), Cancellation)));
        var link = await MasterFixture.BodyAsync(await client.PostAsync($"/api/v1/agents/builds/{build["id"]}/link", null, Cancellation));
        using var anybody = new HttpClient { BaseAddress = farm.Address };

        using var head = await anybody.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"{link["path"]}"), Cancellation);
        using var first = await anybody.GetAsync($"{link["path"]}", Cancellation);
        using var second = await anybody.GetAsync($"{link["path"]}", Cancellation);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.NotFound), (head.StatusCode, first.StatusCode, second.StatusCode));
        Assert.Equal("no-store", first.Headers.CacheControl!.ToString());
        Assert.Equal($"{build["artifact"]!["sha256"]}", Convert.ToHexStringLower(SHA256.HashData(await first.Content.ReadAsByteArrayAsync(Cancellation))));
        string journal = string.Join('\n', (await farm.Get<FarmStore>().ReadJournalAsync(0, 1000, Cancellation)).Select(e => e.ToString()));
        Assert.DoesNotContain($"{link["path"]}".Split('/')[^1], journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_of_another_master_is_shown_and_its_file_is_had_there()
    {
        await using var farm = await FarmAsync();
        using var client = farm.Client();
        var group = (await farm.Get<FarmStore>().FindGroupAsync("lab machines", Cancellation))!;
        await farm.Get<FarmStore>().SaveAgentBuildAsync(
            new StoredAgentBuild("a", "another", group.Id, group.Name, "linux-x64", "deb", Actor.Farm, TimeProvider.System.GetUtcNow()), Cancellation);
        await farm.Get<FarmStore>().SaveAgentBuildStandingAsync("a", new AgentBuildStanding("done", 100, "")
        {
            File = new AgentBuildFile("quern-agent.deb", 1, Sha256Hash.Of([1])),
            KeptUntil = DateTimeOffset.MaxValue,
        }, null, Cancellation);

        Assert.Equal("done", $"{(await client.GetFromJsonAsync<JsonObject>("/api/v1/agents/builds/a", Cancellation))!["state"]}");
        using var file = await client.GetAsync("/api/v1/agents/builds/a/artifact", Cancellation);
        using var link = await client.PostAsync("/api/v1/agents/builds/a/link", null, Cancellation);
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (file.StatusCode, link.StatusCode));
        Assert.Contains("Ask that one.", await file.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_owner_of_a_group_builds_for_it_and_for_no_other()
    {
        await using var farm = await FarmAsync();
        using var owner = await farm.ClientMayAsync("*@lab machines");
        using var other = await farm.ClientMayAsync("*@others");
        var build = await EndAsync(owner, await MasterFixture.BodyAsync(await owner.PostAsJsonAsync("/api/v1/agents/builds", Order(), Cancellation)));

        Assert.Equal("done", $"{build["state"]}");
        Assert.Equal(HttpStatusCode.Forbidden, (await other.PostAsJsonAsync("/api/v1/agents/builds", Order(), Cancellation)).StatusCode);
        foreach (string path in (string[])["", "/artifact"])
            Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync($"/api/v1/agents/builds/{build["id"]}{path}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await other.PostAsync($"/api/v1/agents/builds/{build["id"]}/link", null, Cancellation)).StatusCode);
        Assert.Empty((await other.GetFromJsonAsync<JsonObject>("/api/v1/agents/builds", Cancellation))!["items"]!.AsArray());
    }

    [Theory]
    [InlineData("""{"group":"lab machines","format":"exe"}""", 422, "Formats are tar.gz, sh, deb, rpm, oci")]
    [InlineData("""{"group":"lab machines","format":"sh","slots":0}""", 202, "")]
    [InlineData("""{"group":"nobody's","format":"sh"}""", 422, "There is no group of that id or name.")]
    [InlineData("""{"group":"lab machines"}""", 400, "format")]
    [InlineData("""{"group":"lab machines","format":"sh","unknown":1}""", 400, "unknown")]
    [InlineData("""{"group":"lab machines","format":"sh","deploy":{"host":"h","user":"u"}}""", 400, "host_key")]
    [InlineData("""{"group":"lab machines","format":"sh","deploy":{"host":"h","user":"u","host_key":"MD5:x","password":"hush-hush"}}""", 422, "fingerprint")]
    public async Task A_wrong_order_is_told_what_is_wrong(string order, int status, string why)
    {
        await using var farm = await FarmAsync();
        using var client = farm.Client();

        using var answer = await client.PostAsync("/api/v1/agents/builds", new StringContent(order, MediaTypeHeaderValue.Parse("application/json")), Cancellation);
        string text = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(why, text, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payloads_say_what_can_be_built()
    {
        await using var farm = await FarmAsync();
        using var client = farm.Client();

        var answer = (await client.GetFromJsonAsync<JsonObject>("/api/v1/agents/payloads", Cancellation))!;

        Assert.Equal(["tar.gz", "sh", "deb", "rpm", "oci"], answer["formats"]!.AsArray().Select(f => $"{f}"));
        Assert.Equal("4096", $"{answer["platforms"]!.AsArray().Single(p => $"{p!["platform"]}" == "linux-x64")!["bytes"]}");
        Assert.Null(answer["platforms"]!.AsArray().Single(p => $"{p!["platform"]}" == "linux-arm64")!["bytes"]);
    }

    [Fact]
    public async Task A_farm_that_no_agent_can_reach_says_what_to_open()
    {
        await using var farm = await FarmAsync(o => o with { AgentDoors = null });
        using var client = farm.Client();

        var build = await EndAsync(client, await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/agents/builds", Order(), Cancellation)));

        Assert.Equal("error", $"{build["state"]}");
        Assert.Contains("No listener for administration is open", $"{build["message"]}", StringComparison.Ordinal);
    }

    private static async Task<MasterFixture> FarmAsync(Func<MasterOptions, MasterOptions>? with = null)
    {
        var farm = await MasterFixture.StartAsync(folder =>
        {
            Directory.CreateDirectory(Path.Combine(folder, "agents", "payloads", "linux-x64"));
            File.WriteAllBytes(Path.Combine(folder, "agents", "payloads", "linux-x64", "quern-worker"), BuildFarm.Elf());
            var options = MasterFixture.Options(folder) with { AgentDoors = new OpenDoors() };
            return with is null ? options : with(options);
        });
        Assert.IsType<AccountChange.Saved>(await farm.Get<FarmStore>().CreateGroupAsync(
            new StoredGroup(Guid.NewGuid().ToString(), "lab machines", "", [new(FirstAccount.Name, StoredRole.Owner)]), Actor.Farm, Cancellation));
        return farm;
    }

    private static JsonObject Order() => new() { ["group"] = "lab machines", ["format"] = "tar.gz", ["platform"] = "linux-x64" };

    private static async Task<JsonObject> EndAsync(HttpClient client, JsonObject build)
    {
        while ($"{build["state"]}" is not ("done" or "error"))
            build = (await client.GetFromJsonAsync<JsonObject>($"/api/v1/agents/builds/{build["id"]}", Cancellation))!;
        return build;
    }

    private sealed class OpenDoors : IFarmDoors
    {
        public Task<FarmDoors> FindAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new FarmDoors([IPEndPoint.Parse("192.0.2.7:8768")], [IPEndPoint.Parse("192.0.2.7:9992")], [BuildFarm.Pin]));
    }
}
