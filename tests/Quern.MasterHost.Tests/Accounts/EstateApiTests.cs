using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Accounts;

/// <summary>People over HTTP, at a whole master.</summary>
public sealed class EstateApiTests
{
    private const string Password = "violet tractor";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_is_made_shown_changed_and_removed()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();

        var made = await owner.PostAsJsonAsync("/api/v1/users", new JsonObject { ["name"] = "mira", ["password"] = Password, ["roles"] = new JsonArray("user"), ["email"] = "mira@example.org" });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var mira = await MasterFixture.BodyAsync(made);
        Assert.Equal(("mira", "mira@example.org", 1L, true), (Text(mira, "name"), Text(mira, "email"), mira["revision"]!.GetValue<long>(), mira["must_change_password"]!.GetValue<bool>()));
        Assert.DoesNotContain("hash", mira.ToJsonString(), StringComparison.Ordinal);

        var changed = await PatchAsync(owner, "/api/v1/users/mira", new JsonObject { ["phone"] = "+49 30 1234567", ["expires_at"] = "2999-01-01T00:00:00Z", ["revision"] = 1 });
        Assert.Equal(("+49301234567", 2L), (Text(changed.Body, "phone"), changed.Body["revision"]!.GetValue<long>()));
        var never = await PatchAsync(owner, "/api/v1/users/mira", new JsonObject { ["never_expires"] = true, ["email"] = "" });
        Assert.Equal((null, ""), (never.Body["expires_at"], Text(never.Body, "email")));
        Assert.Equal((409, "outdated", "revision"), Problem(await PatchAsync(owner, "/api/v1/users/mira", new JsonObject { ["phone"] = "", ["revision"] = 1 })));
        Assert.Equal((422, "invalid-email", "email"), Problem(await PatchAsync(owner, "/api/v1/users/mira", new JsonObject { ["email"] = "x" })));
        Assert.Equal((422, "invalid-expiration", "expires_at"), Problem(await PatchAsync(owner, "/api/v1/users/mira", new JsonObject { ["never_expires"] = true, ["expires_at"] = "2999-01-01T00:00:00Z" })));
        Assert.Equal(400, (await PatchAsync(owner, "/api/v1/users/mira", new JsonObject { ["mail"] = "x" })).Status);

        Assert.Equal(["admin", "mira"], (await MasterFixture.BodyAsync(await owner.GetAsync("/api/v1/users")))["items"]!.AsArray().Select(u => Text(u, "name")));
        var page = await MasterFixture.BodyAsync(await owner.GetAsync("/api/v1/users?limit=1"));
        Assert.Equal("mira", Text((await MasterFixture.BodyAsync(await owner.GetAsync($"/api/v1/users?limit=1&after={page["next"]}")))["items"]![0], "name"));
        Assert.Equal(HttpStatusCode.BadRequest, (await owner.GetAsync("/api/v1/users?limit=0")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync("/api/v1/users/mira")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.GetAsync("/api/v1/users/mira")).StatusCode);
        Assert.Equal((409, "last-superuser", null), Problem(await AnswerAsync(await owner.DeleteAsync("/api/v1/users/admin"))));
    }

    [Theory]
    [InlineData("POST", "/api/v1/users", """{"name":"mira","password":"violet tractor","roles":[null]}""", 422)]
    [InlineData("POST", "/api/v1/users", """{"name":"mira","password":"violet tractor","roles":["\u0000"]}""", 422)]
    [InlineData("POST", "/api/v1/users", """{"name":"mi\u0000ra","password":"violet tractor"}""", 422)]
    [InlineData("POST", "/api/v1/users", """{"name":null,"password":"violet tractor"}""", 400)]
    [InlineData("POST", "/api/v1/users", """{"name":"mira"}""", 400)]
    [InlineData("PATCH", "/api/v1/users/admin", """{"add_roles":[null]}""", 422)]
    [InlineData("PATCH", "/api/v1/users/admin", """{"remove_roles":[null],"expires_at":"soon"}""", 400)]
    [InlineData("PATCH", "/api/v1/users/%01", """{"email":""}""", 404)]
    [InlineData("POST", "/api/v1/groups", """{"name":"labs","owner":"admin","members":[null]}""", 422)]
    [InlineData("POST", "/api/v1/groups", """{"name":"labs","owner":"\u0000"}""", 422)]
    [InlineData("PATCH", "/api/v1/groups/%01", """{"owner":"admin"}""", 404)]
    [InlineData("PUT", "/api/v1/roles/night", """{"rights":[null]}""", 422)]
    [InlineData("PUT", "/api/v1/roles/night", """{"rights":null}""", 400)]
    [InlineData("PUT", "/api/v1/roles/%01", """{"rights":["job:read"]}""", 422)]
    [InlineData("DELETE", "/api/v1/roles/%01", "", 404)]
    [InlineData("DELETE", "/api/v1/tokens/%01", "", 404)]
    [InlineData("DELETE", "/api/v1/sessions/%01", "", 404)]
    [InlineData("GET", "/api/v1/users?prefix=%00&after=%00", "", 200)]
    [InlineData("GET", "/api/v1/groups?prefix=%00&after=%00", "", 200)]
    [InlineData("GET", "/api/v1/tokens?user=%00", "", 200)]
    [InlineData("GET", "/api/v1/sessions?user=%00", "", 200)]
    [InlineData("GET", "/api/v1/audit?actor=%00&kind=%00", "", 200)]
    [InlineData("GET", "/api/v1/audit?after=x&limit=5", "", 200)]
    [InlineData("GET", "/api/v1/audit?since=yesterday", "", 400)]
    [InlineData("GET", "/api/v1/audit?limit=1001", "", 400)]
    public async Task Bad_input_is_refused_in_its_own_words(string method, string path, string body, int status)
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body.Length > 0) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        var answer = await owner.SendAsync(request, Cancellation);

        Assert.Equal((status, await answer.Content.ReadAsStringAsync(Cancellation)), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation)));
    }

    [Fact]
    public async Task The_owner_of_a_group_is_let_through_to_it_and_to_no_other()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();
        await AddAsync(owner, "mira", "user");
        await AddAsync(owner, "noor", "user");
        using var mira = await SignInAsync(farm, "mira");
        using var noor = await SignInAsync(farm, "noor");
        var labs = await MasterFixture.BodyAsync(await owner.PostAsJsonAsync("/api/v1/groups", new JsonObject { ["name"] = "Lab machines", ["owner"] = "mira" }));
        await owner.PostAsJsonAsync("/api/v1/groups", new JsonObject { ["name"] = "cellar", ["owner"] = "admin" });
        string byName = "/api/v1/groups/lab%20machines", byId = $"/api/v1/groups/{labs["id"]}";

        var changed = await PatchAsync(mira, byName, new JsonObject { ["description"] = "ours", ["add_members"] = new JsonArray("noor=viewer") });
        Assert.Equal((200, "ours", "viewer"), (changed.Status, Text(changed.Body, "description"), Text(changed.Body["members"]![0], "role")));
        Assert.Equal(["Lab machines"], (await MasterFixture.BodyAsync(await noor.GetAsync("/api/v1/groups")))["items"]!.AsArray().Select(g => Text(g, "name")));
        Assert.Equal(HttpStatusCode.OK, (await noor.GetAsync(byId)).StatusCode);
        foreach (var who in new[] { mira, noor })
        {
            var foreign = await AnswerAsync(await who.GetAsync("/api/v1/groups/cellar"));
            var missing = await AnswerAsync(await who.GetAsync("/api/v1/groups/ghost"));
            Assert.Equal((403, foreign.Body.ToJsonString()), (missing.Status, missing.Body.ToJsonString()));
        }
        Assert.Equal(403, (await PatchAsync(noor, byId, new JsonObject { ["description"] = "mine" })).Status);
        Assert.Equal(403, (await PatchAsync(mira, "/api/v1/groups/cellar", new JsonObject { ["description"] = "mine" })).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await mira.DeleteAsync($"{byId}?revision=2")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await mira.GetAsync("/api/v1/groups")).StatusCode);
    }

    [Fact]
    public async Task A_program_gets_a_token_for_part_of_what_its_maker_may()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();
        await AddAsync(owner, "mira", "operator");
        using var mira = await SignInAsync(farm, "mira");

        var made = await AnswerAsync(await mira.PostAsJsonAsync("/api/v1/tokens", new JsonObject
        {
            ["name"] = "ci",
            ["rights"] = new JsonArray("job:read", "farm:read"),
            ["expires_at"] = "2099-01-01T00:00:00Z",
            ["networks"] = new JsonArray("127.0.0.0/8"),
        }));
        Assert.Equal(201, made.Status);
        using var program = farm.Client(Text(made.Body, "token"));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), ((await program.GetAsync("/api/v1/jobs")).StatusCode, (await program.GetAsync("/api/v1/recipes")).StatusCode));
        var foreign = await AnswerAsync(await mira.PostAsJsonAsync("/api/v1/tokens", new JsonObject { ["name"] = "ci", ["rights"] = new JsonArray("job:read"), ["networks"] = new JsonArray("192.0.2.0/24") }));
        using var elsewhere = farm.Client(Text(foreign.Body, "token"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await elsewhere.GetAsync("/api/v1/jobs")).StatusCode);
        Assert.Equal((403, "denied", "rights"), Problem(await AnswerAsync(await mira.PostAsJsonAsync("/api/v1/tokens", new JsonObject { ["name"] = "ci", ["rights"] = new JsonArray("user:create") }))));
        Assert.Equal((422, "invalid-options", "rights"), Problem(await AnswerAsync(await mira.PostAsJsonAsync("/api/v1/tokens", new JsonObject { ["name"] = "ci", ["rights"] = new JsonArray("job:raed") }))));

        var listed = (await MasterFixture.BodyAsync(await mira.GetAsync("/api/v1/tokens")))["items"]!.AsArray();
        Assert.Equal(2, listed.Count);
        Assert.DoesNotContain("quern_", listed.ToJsonString(), StringComparison.Ordinal);
        Assert.NotNull(listed.Single(t => Text(t, "id") == Text(made.Body, "id"))!["last_used_at"]);
        Assert.Equal(HttpStatusCode.NoContent, (await mira.DeleteAsync($"/api/v1/tokens/{made.Body["id"]}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync("/api/v1/jobs")).StatusCode);
    }

    [Fact]
    public async Task A_session_tells_where_it_came_from_and_ends_when_somebody_ends_it()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();
        await AddAsync(owner, "mira", "user");
        using var mira = await SignInAsync(farm, "mira", "lynx/2.9\tbeta");
        using var other = await SignInAsync(farm, "mira");

        var sessions = (await MasterFixture.BodyAsync(await mira.GetAsync("/api/v1/sessions")))["items"]!.AsArray();
        var own = sessions.Single(s => s!["current"]!.GetValue<bool>())!;
        Assert.Equal((2, "127.0.0.1", "lynx/2.9 beta"), (sessions.Count, Text(own, "address"), Text(own, "product")));
        Assert.Equal(HttpStatusCode.Forbidden, (await mira.GetAsync("/api/v1/sessions?user=admin")).StatusCode);
        string id = Text(sessions.Single(s => !s!["current"]!.GetValue<bool>()), "id");
        Assert.Equal(HttpStatusCode.NoContent, (await mira.DeleteAsync($"/api/v1/sessions/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/api/v1/account")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync($"/api/v1/sessions/{own["id"]}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await mira.GetAsync("/api/v1/account")).StatusCode);
    }

    [Fact]
    public async Task What_tells_of_people_is_shown_to_those_alone_who_may_read_the_audit()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();
        using var listener = await farm.ClientMayAsync(Right.EventRead, Right.UserCreate);
        await listener.DeleteAsync("/api/v1/users/admin");
        await AddAsync(listener, "mira");
        await MasterFixture.SubmitAsync(owner, 1);

        string heard = await FirstEventAsync(listener), all = await FirstEventAsync(owner);

        Assert.Matches("^(batch|job)\\.", heard);
        Assert.DoesNotMatch("^(batch|job)", all);
        Assert.Equal(HttpStatusCode.Forbidden, (await listener.GetAsync("/api/v1/audit")).StatusCode);
        var audit = (await MasterFixture.BodyAsync(await owner.GetAsync("/api/v1/audit?actor=user:test")))["items"]!.AsArray();
        Assert.Equal(["estate.refused", "account.saved", "estate.refused"], audit.Select(e => Text(e, "kind")));
        Assert.Equal("DELETE /api/v1/users/{name}", Text(audit[0]!["data"], "action").TrimEnd('/'));
        Assert.Equal(("mira", "127.0.0.1"), (Text(audit[1], "subject"), Text(audit[1], "address")));
        var page = await MasterFixture.BodyAsync(await owner.GetAsync("/api/v1/audit?actor=user:test&kind=estate.&limit=1"));
        Assert.Equal("estate.refused", Text((await MasterFixture.BodyAsync(await owner.GetAsync($"/api/v1/audit?actor=user:test&kind=estate.&limit=1&after={page["next"]}")))["items"]![0], "kind"));

        // The first of all events that the master shows to somebody.
        async Task<string> FirstEventAsync(HttpClient client)
        {
            using var answer = await client.GetAsync("/api/v1/events?after=0&kind=account.*,batch.*,job.*,estate.*,role.*,token.*", HttpCompletionOption.ResponseHeadersRead, Cancellation);
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
            while (await reader.ReadLineAsync(Cancellation) is { } line)
                if (line.StartsWith("data: {\"sequence\"", StringComparison.Ordinal)) return Text(JsonNode.Parse(line[6..]), "kind");
            return "";
        }
    }

    [Fact]
    public async Task Everybody_changes_the_own_address_and_no_program_does()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();
        await AddAsync(owner, "mira", "operator");
        using var mira = await SignInAsync(farm, "mira");

        var changed = await PatchAsync(mira, "/api/v1/account", new JsonObject { ["email"] = "mira@example.org" });

        Assert.Equal((200, "mira@example.org", ""), (changed.Status, Text(changed.Body, "email"), Text(changed.Body, "phone")));
        Assert.Equal((422, "invalid-phone", "phone"), Problem(await PatchAsync(mira, "/api/v1/account", new JsonObject { ["phone"] = "1" })));
        Assert.Equal(400, (await PatchAsync(mira, "/api/v1/account", new JsonObject { ["disabled"] = true })).Status);
        Assert.Equal(403, (await PatchAsync(owner, "/api/v1/account", new JsonObject { ["email"] = "" })).Status);
        var saved = (await farm.Get<FarmStore>().FindLastEventAsync("account.saved", Cancellation))!;
        Assert.Equal(("user:mira", "127.0.0.1"), (saved.Actor, Text(JsonNode.Parse(saved.Data), "address")));
    }

    [Theory]
    [InlineData("disabled")]
    [InlineData("role")]
    [InlineData("session")]
    public async Task Who_is_shut_out_hears_no_more(string how)
    {
        var time = new ManualTimeProvider();
        await using var farm = await MasterFixture.StartAsync(time: time);
        using var owner = farm.Client();
        await AddAsync(owner, "mira", "operator");
        using var mira = await SignInAsync(farm, "mira");
        using var answer = await mira.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        while (await reader.ReadLineAsync(Cancellation) is not "event: start") { }
        using var other = await owner.GetAsync("/api/v1/events?kind=account.*", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var goesOn = new StreamReader(await other.Content.ReadAsStreamAsync(Cancellation));

        switch (how)
        {
            case "disabled": await PatchAsync(owner, "/api/v1/users/mira", new JsonObject { ["disabled"] = true }); break;
            case "role":
                await farm.Get<FarmStore>().SaveRoleAsync(new StoredRole("night", RoleScope.Farm, "", ["plan:run"]), Actor.Farm, Cancellation);
                await PatchAsync(owner, "/api/v1/users/mira", new JsonObject { ["add_roles"] = new JsonArray("night") }); break;
            default: await mira.PostAsync("/api/v1/logout", null); break;
        }
        time.Advance(AccessGate.LookAgain);

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await reader.ReadLineAsync(Cancellation) is not null) { }
        });
        await AddAsync(owner, "noor");
        while (!(await goesOn.ReadLineAsync(Cancellation))!.Contains("\"noor\"", StringComparison.Ordinal)) { }
    }

    [Fact]
    public async Task The_description_of_the_api_has_all_that_is_done_with_people()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();

        var paths = JsonNode.Parse(await owner.GetStringAsync("/openapi/v1.json", Cancellation))!["paths"]!.AsObject();

        foreach (var (path, methods) in new Dictionary<string, string[]>
        {
            ["/api/v1/account"] = ["get", "patch"],
            ["/api/v1/users"] = ["get", "post"],
            ["/api/v1/users/{name}"] = ["delete", "get", "patch"],
            ["/api/v1/groups"] = ["get", "post"],
            ["/api/v1/groups/{group}"] = ["delete", "get", "patch"],
            ["/api/v1/roles"] = ["get"],
            ["/api/v1/roles/{name}"] = ["delete", "get", "put"],
            ["/api/v1/tokens"] = ["get", "post"],
            ["/api/v1/tokens/{id}"] = ["delete"],
            ["/api/v1/sessions"] = ["get"],
            ["/api/v1/sessions/{id}"] = ["delete"],
            ["/api/v1/audit"] = ["get"],
        })
            Assert.Equal((path, string.Join(' ', methods)), (path, string.Join(' ', paths[path]!.AsObject().Select(m => m.Key).Order())));
    }

    private static async Task AddAsync(HttpClient client, string name, params string[] roles) => Assert.Equal(HttpStatusCode.Created, (await client.PostAsJsonAsync(
        "/api/v1/users", new JsonObject { ["name"] = name, ["password"] = Password, ["must_change_password"] = false, ["roles"] = new JsonArray([.. roles.Select(r => (JsonNode)r)]) })).StatusCode);

    private static async Task<HttpClient> SignInAsync(MasterFixture farm, string user, string? agent = null)
    {
        using var stranger = new HttpClient { BaseAddress = farm.Address };
        if (agent is not null) stranger.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", agent);
        var answer = await stranger.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = user, ["password"] = Password });
        return farm.Client(Text(await MasterFixture.BodyAsync(answer), "token"));
    }

    private static async Task<(int Status, JsonObject Body)> PatchAsync(HttpClient client, string path, JsonObject body) => await AnswerAsync(await client.PatchAsJsonAsync(path, body));

    private static async Task<(int Status, JsonObject Body)> AnswerAsync(HttpResponseMessage answer) => ((int)answer.StatusCode, await MasterFixture.BodyAsync(answer));

    private static (int Status, string? Code, string? Field) Problem((int Status, JsonObject Body) answer) =>
        (answer.Status, answer.Body["code"]?.ToString(), answer.Body["field"]?.ToString());

    private static string Text(JsonNode? node, string key) => node?[key]?.ToString() ?? "";
}
