using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>What is done with agents and keys, by whom, at the desk and over HTTP.</summary>
public sealed class AgentLifeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Agents_are_seen_and_changed_by_those_with_rights_in_their_group()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var machine = await farm.JoinAsync();
        var viewer = AgentFarm.CallerOf($"agent:list@{AgentFarm.Group}");
        var desk = farm.Desk;

        Assert.Single((await desk.ListAsync(farm.Owner, "", false, "", 10, Cancellation)).Items);
        Assert.Single((await desk.ListAsync(viewer, "lab MACHINES", false, "", 10, Cancellation)).Items);
        Assert.Empty((await desk.ListAsync(viewer, "", onlineOnly: true, "", 10, Cancellation)).Items);
        Assert.Empty((await desk.ListAsync(viewer, "others", false, "", 10, Cancellation)).Items);
        Assert.Empty((await desk.ListAsync(farm.Stranger, "", false, "", 10, Cancellation)).Items);
        Assert.Null(await desk.FindAsync(farm.Stranger, "mill", Cancellation));
        foreach (var action in Enum.GetValues<AgentModeration>())
        {
            Assert.Equal(EstateCode.Denied, (await desk.ModerateAsync(viewer, "mill", action, Cancellation)).Code);
            Assert.Equal(EstateCode.NotFound, (await desk.ModerateAsync(farm.Stranger, "mill", action, Cancellation)).Code);
            Assert.Equal(EstateCode.NotFound, (await desk.ModerateAsync(farm.Superuser, "ghost", action, Cancellation)).Code);
        }
        foreach (var (who, code) in new[] { (viewer, EstateCode.Denied), (farm.Stranger, EstateCode.NotFound) })
        {
            Assert.Equal(code, (await desk.RenameAsync(who, "mill", "press", Cancellation)).Code);
            Assert.Equal(code, (await desk.DrainAsync(who, "mill", true, Cancellation)).Code);
            Assert.Equal(code, (await desk.RotateAsync(who, "mill", Cancellation)).Code);
        }
        Assert.Equal(EstateCode.InvalidState, (await desk.ModerateAsync(farm.Owner, "mill", AgentModeration.Approve, Cancellation)).Code);
        Assert.Equal("mill", (await farm.FactsAsync("mill")).Name);
    }

    [Fact]
    public async Task A_list_goes_on_where_the_part_before_ended()
    {
        await using var farm = await AgentFarm.StartAsync();
        foreach (string name in (string[])["a", "b", "c"]) (await farm.JoinAsync(name)).Dispose();

        var first = await farm.Desk.ListAsync(farm.Owner, "", false, "", 2, Cancellation);
        var second = await farm.Desk.ListAsync(farm.Owner, "", false, first.Next, 2, Cancellation);

        Assert.Equal(["a", "b"], first.Items.Select(a => a.Name));
        Assert.Equal(["c"], second.Items.Select(a => a.Name));
        Assert.Equal(("b", ""), (first.Next, second.Next));
    }

    [Fact]
    public async Task Keys_are_made_listed_and_revoked_in_the_own_group_alone()
    {
        await using var farm = await AgentFarm.StartAsync();
        var desk = farm.Desk;

        Assert.Equal(EstateCode.Denied, (await desk.CreateKeyAsync(farm.Stranger, new NewEnrolmentKey(AgentFarm.Group), Cancellation)).Answer.Code);
        Assert.Equal(EstateCode.Denied, (await desk.CreateKeyAsync(farm.Stranger, new NewEnrolmentKey("ghosts"), Cancellation)).Answer.Code);
        Assert.Equal(EstateCode.UnknownGroup, (await desk.CreateKeyAsync(farm.Superuser, new NewEnrolmentKey("ghosts"), Cancellation)).Answer.Code);
        var made = await desk.CreateKeyAsync(farm.Owner, new NewEnrolmentKey("LAB machines", Note: "for mill"), Cancellation);

        Assert.Equal(farm.Time.GetUtcNow().AddDays(1), made.ExpiresAt);
        Assert.DoesNotContain(made.Secret, $"{made}", StringComparison.Ordinal);
        var listed = (await desk.ListKeysAsync(farm.Owner, "", Cancellation)).Single();
        Assert.Equal((made.Answer.Id, AgentFarm.Group, "good", 1, "for mill"), (listed.Id, listed.Group, listed.State, listed.UsesLeft, listed.Note));
        Assert.Empty(await desk.ListKeysAsync(farm.Stranger, "", Cancellation));
        Assert.Equal(EstateCode.NotFound, (await desk.RevokeKeyAsync(farm.Stranger, listed.Id, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await desk.RevokeKeyAsync(farm.Owner, listed.Id, Cancellation)).Code);
        Assert.Equal(EstateCode.InvalidState, (await desk.RevokeKeyAsync(farm.Owner, listed.Id, Cancellation)).Code);
        Assert.Equal("revoked", (await desk.ListKeysAsync(farm.Owner, "", Cancellation)).Single().State);
        Assert.IsType<AgentWelcome.Refused>(await farm.EnrolAsync(made.Secret, AgentFarm.Request()));
    }

    [Fact]
    public async Task What_a_key_cannot_be_is_refused_with_its_field()
    {
        await using var farm = await AgentFarm.StartAsync();
        var good = new NewEnrolmentKey(AgentFarm.Group);
        foreach (var (key, field) in ((NewEnrolmentKey, string)[])
        [
            (good with { MaxUses = -1 }, "max_uses"), (good with { MaxUses = 1001 }, "max_uses"), (good with { Lifetime = TimeSpan.FromSeconds(59) }, "lifetime_seconds"),
            (good with { Lifetime = TimeSpan.FromDays(31) }, "lifetime_seconds"), (good with { Lifetime = TimeSpan.FromSeconds(-1) }, "lifetime_seconds"),
            (good with { Networks = ["10.0.0.0/33"] }, "networks"), (good with { Networks = [.. Enumerable.Repeat("10.0.0.0/8", 17)] }, "networks"),
            (good with { Tags = ["two words"] }, "tags"), (good with { Tags = [""] }, "tags"), (good with { Slots = 1025 }, "slots"), (good with { Slots = -1 }, "slots"),
            (good with { Note = "a\nb" }, "note"), (good with { Note = new string('x', 201) }, "note"),
        ])
        {
            var made = await farm.Desk.CreateKeyAsync(farm.Owner, key, Cancellation);
            Assert.Equal((EstateCode.InvalidOptions, field, ""), (made.Answer.Code, made.Answer.Field, made.Secret));
        }
        Assert.Empty(await farm.Desk.ListKeysAsync(farm.Owner, "", Cancellation));
    }

    [Fact]
    public async Task A_name_that_cannot_be_or_is_taken_is_refused()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var mill = await farm.JoinAsync("mill");
        using var press = await farm.JoinAsync("press");

        Assert.Equal(EstateCode.InvalidName, (await farm.Desk.RenameAsync(farm.Owner, "mill", "a b", Cancellation)).Code);
        Assert.Equal(EstateCode.NameTaken, (await farm.Desk.RenameAsync(farm.Owner, "mill", "press", Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Desk.RenameAsync(farm.Owner, "mill", "mill", Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.Desk.RenameAsync(farm.Owner, "mill", "mill-a", Cancellation)).Code);
        Assert.NotNull(farm.Desk.Recognize(mill.RawData));
    }

    [Fact]
    public async Task Everything_is_there_over_http_and_the_journal_has_it()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var client = farm.Master.Client();

        var made = await PostAsync(client, "/api/v1/agents/keys", new JsonObject { ["group"] = AgentFarm.Group, ["max_uses"] = 2, ["require_approval"] = true, ["tags"] = new JsonArray("big") });
        Assert.IsType<AgentWelcome.Pending>(await farm.EnrolAsync(made["key"]!.ToString(), AgentFarm.Request("mill")));
        Assert.IsType<AgentWelcome.Pending>(await farm.EnrolAsync(made["key"]!.ToString(), AgentFarm.Request("press")));
        Assert.Equal("active", (await PostAsync(client, "/api/v1/agents/mill/approve", []))["state"]!.ToString());
        Assert.Equal("rejected", (await PostAsync(client, "/api/v1/agents/press/reject", []))["state"]!.ToString());
        Assert.Equal("mill-a", (await PostAsync(client, "/api/v1/agents/mill/rename", new JsonObject { ["name"] = "mill-a" }))["name"]!.ToString());
        Assert.True((bool)(await PostAsync(client, "/api/v1/agents/mill-a/drain", []))["drained"]!);
        Assert.False((bool)(await PostAsync(client, "/api/v1/agents/mill-a/resume", []))["drained"]!);
        Assert.True((bool)(await PostAsync(client, "/api/v1/agents/mill-a/rotate", []))["renewal_asked"]!);
        var agents = (await client.GetFromJsonAsync<JsonObject>("/api/v1/agents?limit=1", Cancellation))!;
        Assert.Equal(("mill-a", "mill-a"), (agents["items"]![0]!["name"]!.ToString(), agents["next"]!.ToString()));
        Assert.Equal("used", (await client.GetFromJsonAsync<JsonObject>("/api/v1/agents/keys", Cancellation))!["items"]![0]!["state"]!.ToString());
        Assert.Equal("revoked", (await PostAsync(client, "/api/v1/agents/mill-a/revoke", []))["state"]!.ToString());
        Assert.Equal(HttpStatusCode.Conflict, (await client.PostAsJsonAsync("/api/v1/agents/mill-a/rotate", new JsonObject(), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync("/api/v1/agents/mill-a", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/api/v1/agents/mill-a", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/v1/agents/keys/{made["id"]}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsJsonAsync("/api/v1/agents/keys", new JsonObject { ["group"] = "ghosts" }, Cancellation)).StatusCode);

        var kinds = (await farm.Store.ReadJournalAsync(0, 10_000, Cancellation)).Where(e => e.Actor == "owner").Select(e => e.Kind).ToHashSet();
        Assert.Superset(
            new HashSet<string>
            {
                "enrolment_key.issued", "agent.approved", "agent.rejected", "agent.renamed", "agent.drained", "agent.resumed", "agent.renewal_asked", "agent.revoked",
                "agent.forgotten", "enrolment_key.revoked",
            }, kinds);
    }

    [Fact]
    public async Task An_owner_of_a_group_comes_through_the_gate_and_a_stranger_sees_nothing()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var machine = await farm.JoinAsync();
        using var owner = await farm.Master.ClientMayAsync($"*@{AgentFarm.Group}");
        using var stranger = await farm.Master.ClientMayAsync("farm:read");

        Assert.Equal(HttpStatusCode.OK, (await owner.PostAsJsonAsync("/api/v1/agents/mill/drain", new JsonObject(), Cancellation)).StatusCode);
        using var elsewhere = await farm.Master.ClientMayAsync("*@others");
        Assert.Equal(HttpStatusCode.NotFound, (await elsewhere.PostAsJsonAsync("/api/v1/agents/mill/drain", new JsonObject(), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await elsewhere.PostAsJsonAsync("/api/v1/agents/keys", new JsonObject { ["group"] = AgentFarm.Group }, Cancellation)).StatusCode);
        Assert.Empty((await elsewhere.GetFromJsonAsync<JsonObject>("/api/v1/agents", Cancellation))!["items"]!.AsArray());
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.PostAsJsonAsync("/api/v1/agents/mill/drain", new JsonObject(), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.PostAsJsonAsync("/api/v1/agents/keys", new JsonObject { ["group"] = AgentFarm.Group }, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.GetAsync("/api/v1/agents", Cancellation)).StatusCode);
        using var nobody = new HttpClient { BaseAddress = farm.Master.Address };
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/api/v1/agents", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_worker_gets_a_password_of_the_farms_making_and_another_in_its_place()
    {
        await using var farm = await AgentFarm.StartAsync();
        using var machine = await farm.JoinAsync("agent");
        using var client = farm.Master.Client();
        var door = farm.Master.Get<Quern.MasterHost.Listeners.WorkerDoor>();
        var plain = new WorkerName("plain");

        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsJsonAsync("/api/v1/workers/plain/credential", new JsonObject { ["rotate"] = true }, Cancellation)).StatusCode);
        string first = (await PostAsync(client, "/api/v1/workers/plain/credential", new JsonObject { ["slots"] = 4 }))["password"]!.ToString();
        Assert.True(await door.CheckAsync(plain, first, Cancellation));
        Assert.Equal(HttpStatusCode.Conflict, (await client.PostAsJsonAsync("/api/v1/workers/plain/credential", new JsonObject(), Cancellation)).StatusCode);
        string second = (await PostAsync(client, "/api/v1/workers/plain/credential", new JsonObject { ["rotate"] = true }))["password"]!.ToString();

        Assert.Equal((false, true), (await door.CheckAsync(plain, first, Cancellation), await door.CheckAsync(plain, second, Cancellation)));
        Assert.Equal((32, 4), (second.Length, (await farm.Store.ListWorkersAsync(Cancellation)).Single(w => w.Name == plain).Slots));
        Assert.Equal(HttpStatusCode.Conflict, (await client.PostAsJsonAsync("/api/v1/workers/agent/credential", new JsonObject { ["rotate"] = true }, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsJsonAsync("/api/v1/workers/a%20b/credential", new JsonObject(), Cancellation)).StatusCode);
        foreach (var e in await farm.Store.ReadJournalAsync(0, 10_000, Cancellation)) Assert.DoesNotContain(second, e.Data, StringComparison.Ordinal);
    }

    private static async Task<JsonObject> PostAsync(HttpClient client, string path, JsonObject body)
    {
        using var answer = await client.PostAsJsonAsync(path, body, Cancellation);
        string text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }
}
