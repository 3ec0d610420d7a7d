using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Accounts;

/// <summary>What is grave is asked for with password and code once more, at a whole master.</summary>
public sealed class StepUpTests
{
    private const string Password = "open sesame";
    private const string Id = "00000000-0000-7000-8000-000000000001";

    /// <summary>Within the time that an unused session lasts.</summary>
    private static readonly TimeSpan s_lasts = TimeSpan.FromMinutes(5);

    /// <summary>Every route that can be grave, asked for what makes it so.</summary>
    private static readonly (string Method, string Path, string Body)[] s_grave =
    [
        ("POST", "/api/v1/users", """{"name":"noor","password":"violet tractor"}"""),
        ("PATCH", "/api/v1/users/mira", """{"disabled":true}"""),
        ("PATCH", "/api/v1/users/mira", """{"never_expires":true}"""),
        ("PATCH", "/api/v1/users/mira", """{"add_roles":["operator"],"email":"m@example.org"}"""),
        ("PATCH", "/api/v1/users/mira", """{"remove_roles":["user"]}"""),
        ("POST", "/api/v1/users/mira/password", """{"new_password":"yellow tractor"}"""),
        ("DELETE", "/api/v1/users/mira", ""),
        ("POST", "/api/v1/users/mira/totp/remove", ""),
        ("PATCH", "/api/v1/groups/labs", """{"owner":"mira"}"""),
        ("PATCH", "/api/v1/groups/labs", """{"add_members":["mira"]}"""),
        ("PATCH", "/api/v1/groups/labs", """{"remove_members":["mira"]}"""),
        ("DELETE", "/api/v1/groups/labs", ""),
        ("PUT", "/api/v1/roles/night", """{"rights":["job:read"]}"""),
        ("DELETE", "/api/v1/roles/night", ""),
        ("POST", "/api/v1/tokens", """{"name":"ci","rights":["user:update"]}"""),
        ("POST", "/api/v1/tokens", """{"name":"ci","rights":["*"],"group":"labs"}"""),
        ("DELETE", "/api/v1/tokens/0123456789abcdef", ""),
        ("POST", "/api/v1/listeners", """{"protocol":"leaf","port":0}"""),
        ("PATCH", "/api/v1/listeners/main", """{"tls":{"kind":"farm"}}"""),
        ("PATCH", "/api/v1/listeners/main", """{"address":"0.0.0.0"}"""),
        ("DELETE", "/api/v1/listeners/main", ""),
        ("DELETE", "/api/v1/listeners/http/127.0.0.1/1", ""),
        ("POST", "/api/v1/agents/keys", """{"group":"labs"}"""),
        ("DELETE", "/api/v1/agents/keys/0123456789abcdef", ""),
        ("POST", $"/api/v1/agents/{Id}/approve", ""),
        ("POST", $"/api/v1/agents/{Id}/revoke", ""),
        ("DELETE", $"/api/v1/agents/{Id}", ""),
        ("POST", "/api/v1/agents/upgrade", ""),
        ("POST", "/api/v1/agents/builds", """{"group":"labs","format":"deb"}"""),
        ("POST", $"/api/v1/agents/builds/{Id}/link", ""),
        ("GET", $"/api/v1/agents/builds/{Id}/artifact", ""),
        ("PUT", "/api/v1/banner", """{"maintenance":true}"""),
        ("PUT", "/api/v1/banner", """{"message":"soon","drain":true}"""),
        ("POST", "/api/v1/workers/mill/credential", "{}"),
    ];

    /// <summary>Judged ones that are not grave, and those that never are.</summary>
    private static readonly (string Method, string Path, string Body)[] s_light =
    [
        ("PATCH", "/api/v1/users/mira", """{"email":"mira@example.org","must_change_password":true}"""),
        ("POST", "/api/v1/users/mira/unlock", ""),
        ("POST", "/api/v1/groups", """{"name":"others"}"""),
        ("PATCH", "/api/v1/groups/labs", """{"description":"Third floor"}"""),
        ("POST", "/api/v1/tokens", """{"name":"ci","rights":["job:submit"]}"""),
        ("PATCH", "/api/v1/listeners/nobody", """{"limits":{"connections":7}}"""),
        ("POST", "/api/v1/listeners/nobody/stop", ""),
        ("POST", "/api/v1/listeners/nobody/start", ""),
        ("POST", $"/api/v1/agents/{Id}/reject", ""),
        ("POST", $"/api/v1/agents/{Id}/drain", ""),
        ("PUT", "/api/v1/banner", """{"message":"Welcome"}"""),
        ("PATCH", "/api/v1/account", """{"phone":""}"""),
        ("DELETE", "/api/v1/sessions/0123456789abcdef", ""),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_grave_route_asks_once_the_proof_is_old_and_nothing_is_done_before()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time);
        using var owner = farm.Client();
        using var admin = await SignInAsync(farm);
        await SendAsync(owner, "POST", "/api/v1/users", """{"name":"mira","password":"violet tractor"}""");
        await SendAsync(owner, "POST", "/api/v1/groups", """{"name":"labs","owner":"admin"}""");
        string own = (await MasterFixture.BodyAsync(await SendAsync(admin, "POST", "/api/v1/tokens", """{"name":"own","rights":["job:read"]}""")))["id"]!.ToString();
        time.Advance(s_lasts);
        long before = farm.Get<FarmStore>().LastSequence;

        foreach (var (method, path, body) in s_grave)
        {
            var answer = await SendAsync(admin, method, path, body);
            var problem = await MasterFixture.BodyAsync(answer);
            Assert.Equal((path, 403, "step_up_required", "/api/v1/account/step-up"), (path, (int)answer.StatusCode, problem["code"]?.ToString(), problem["link"]?.ToString()));
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        }
        var told = await farm.Get<FarmStore>().ReadJournalAsync(before, 1000, Cancellation);
        Assert.All(told, e => Assert.Equal(("estate.refused", "user:admin"), (e.Kind, e.Actor)));
        Assert.All(told, e => Assert.Contains("step_up_required", e.Data, StringComparison.Ordinal));
        foreach (var (method, path, body) in s_light)
            Assert.Equal((path, true), (path, !(await (await SendAsync(admin, method, path, body)).Content.ReadAsStringAsync(Cancellation)).Contains("step_up_required", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/api/v1/tokens/{own}", Cancellation)).StatusCode);

        // The list above has them all.
        var routes = farm.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(r => r.Metadata.GetMetadata<DoesAct>()?.Act.Weight is ActWeight.Grave or ActWeight.Judged).ToList();
        foreach (var route in routes.Where(r => !(r.RoutePattern.RawText!.EndsWith("/unlock", StringComparison.Ordinal) || r.RoutePattern.RawText.EndsWith("/start", StringComparison.Ordinal) ||
            r.RoutePattern.RawText.EndsWith("/stop", StringComparison.Ordinal) || r.RoutePattern.RawText.EndsWith("/reject", StringComparison.Ordinal))))
        {
            string method = route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
            Assert.Contains(s_grave, g => g.Method == method && new Microsoft.AspNetCore.Routing.Template.TemplateMatcher(
                Microsoft.AspNetCore.Routing.Template.TemplateParser.Parse(route.RoutePattern.RawText!), []).TryMatch(g.Path, []));
        }
    }

    [Fact]
    public async Task A_proof_counts_for_its_time_and_is_kept_over_a_restart()
    {
        var time = new ManualTimeProvider();
        using var folder = new ScratchFolder();
        string token;
        await using (var first = await MasterAsync(folder.Path, time))
        {
            using var stranger = new HttpClient { BaseAddress = new Uri($"http://{first.Http}") };
            token = (await MasterFixture.BodyAsync(await stranger.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "admin", ["password"] = Password })))["token"]!.ToString();
            using var admin = ClientOf(first, token);
            time.Advance(s_lasts);
            Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(admin, "PUT", "/api/v1/roles/night", """{"rights":["job:read"]}""")).StatusCode);
            var proved = await MasterFixture.BodyAsync(await ProveAsync(admin, Password));
            Assert.Equal((time.GetUtcNow(), time.GetUtcNow() + s_lasts), (proved["proved_at"]!.GetValue<DateTimeOffset>(), proved["lasts_until"]!.GetValue<DateTimeOffset>()));
        }
        await using var second = await MasterAsync(folder.Path, time);
        using var again = ClientOf(second, token);
        time.Advance(s_lasts - TimeSpan.FromSeconds(1));

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(again, "PUT", "/api/v1/roles/night", """{"rights":["job:read"]}""")).StatusCode);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(again, "DELETE", "/api/v1/roles/night", "")).StatusCode);
    }

    [Fact]
    public async Task A_wrong_password_is_counted_and_kept_as_at_a_sign_in()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time);
        using var admin = await SignInAsync(farm);
        time.Advance(s_lasts);

        for (int i = 0; i < LoginLimits.MaxOfUser; i++)
        {
            var wrong = await ProveAsync(admin, "guess");
            Assert.Equal((403, "wrong_password"), ((int)wrong.StatusCode, (await MasterFixture.BodyAsync(wrong))["code"]!.ToString()));
        }
        var closed = await ProveAsync(admin, Password);

        Assert.Equal(HttpStatusCode.TooManyRequests, closed.StatusCode);
        Assert.NotNull(closed.Headers.RetryAfter);
        var refused = (await farm.Get<FarmStore>().FindLastEventAsync("account.refused", Cancellation))!;
        Assert.Equal(("admin", """{"reason":"wrong password","address":"127.0.0.1"}"""), (refused.Subject, refused.Data));
        Assert.Equal(LoginLimits.MaxOfUser, (await farm.Get<FarmStore>().FindAccountAsync("admin", Cancellation))!.Failures);
        Assert.Equal(HttpStatusCode.BadRequest, (await ProveAsync(admin, new string('x', 2000))).StatusCode);
        // The session itself goes on.
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/v1/farm", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task An_account_with_one_time_codes_needs_one_and_each_counts_once()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time);
        using var admin = await SignInAsync(farm);
        var begun = await MasterFixture.BodyAsync(await admin.PostAsJsonAsync("/api/v1/account/totp", new JsonObject { ["password"] = Password }, Cancellation));
        byte[] secret = Base32.Decode(begun["secret"]!.ToString())!;
        string Code() => Totp.CodeOf(secret, Totp.StepOf(time.GetUtcNow()));
        var confirmed = await MasterFixture.BodyAsync(await admin.PostAsJsonAsync("/api/v1/account/totp/confirm", new JsonObject { ["code"] = Code() }, Cancellation));
        string recovery = confirmed["codes"]!.AsArray()[0]!.ToString();
        time.Advance(s_lasts);

        async Task<string> TryAsync(string? code = null, string? recoveryCode = null)
        {
            var answer = await admin.PostAsJsonAsync("/api/v1/account/step-up", new JsonObject { ["password"] = Password, ["code"] = code, ["recovery_code"] = recoveryCode }, Cancellation);
            return answer.IsSuccessStatusCode ? "proved" : (await MasterFixture.BodyAsync(answer))["code"]!.ToString();
        }
        string now = Code();
        Assert.Equal("code_needed", await TryAsync());
        Assert.Equal("wrong_code", await TryAsync("000000" == now ? "000001" : "000000"));
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(admin, "DELETE", "/api/v1/roles/night", "")).StatusCode);
        Assert.Equal("proved", await TryAsync(now));
        Assert.Equal("wrong_code", await TryAsync(now));
        Assert.Equal("proved", await TryAsync(recoveryCode: recovery));
        Assert.Equal("wrong_code", await TryAsync(recoveryCode: recovery));
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(admin, "DELETE", "/api/v1/roles/night", "")).StatusCode);
        var told = (await farm.Get<FarmStore>().FindLastEventAsync("account.proved", Cancellation))!;
        Assert.Contains("\"recovery_codes_left\":9", told.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_of_programs_and_the_owner_s_are_not_asked_and_cannot_answer()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time);
        using var owner = farm.Client();
        using var admin = await SignInAsync(farm);
        var made = await MasterFixture.BodyAsync(await SendAsync(admin, "POST", "/api/v1/tokens", """{"name":"ci","rights":["role:manage"]}"""));
        using var program = farm.Client(made["token"]!.ToString());
        time.Advance(TimeSpan.FromHours(11));

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(program, "PUT", "/api/v1/roles/night", """{"rights":["role:manage"]}""")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(owner, "DELETE", "/api/v1/roles/night", "")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await ProveAsync(program, Password)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await ProveAsync(owner, Password)).StatusCode);
    }

    [Fact]
    public async Task A_proof_that_another_master_took_counts_here_at_once()
    {
        var time = new ManualTimeProvider();
        using var shared = new ScratchFolder();
        FarmConfiguration OnOneDatabase() => With(s_lasts) with { Store = $"sqlite:{shared["farm.db"]}" };
        await using var one = await MasterFixture.StartAsync(OnOneDatabase(), time);
        await using var other = await MasterFixture.StartAsync(folder => MasterFixture.Options(folder, OnOneDatabase()) with { FirstPassword = null }, time);
        using var here = await SignInAsync(one);
        using var there = other.Client(here.DefaultRequestHeaders.Authorization!.Parameter);
        time.Advance(s_lasts);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(there, "PUT", "/api/v1/roles/night", """{"rights":["job:read"]}""")).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await ProveAsync(here, Password)).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(there, "PUT", "/api/v1/roles/night", """{"rights":["job:read"]}""")).StatusCode);
    }

    [Fact]
    public async Task The_page_for_administrators_has_every_act_with_its_weight()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Quern.slnx"))) folder = folder.Parent!;
        string page = await File.ReadAllTextAsync(Path.Combine(folder.FullName, "docs", "operations", "accounts.md"), Cancellation);
        var rows = page[page.IndexOf("## Proving it again", StringComparison.Ordinal)..].Split('\n').SkipWhile(l => !l.StartsWith("| what |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(l => l.StartsWith('|')).Select(l => l.Split('|')).ToList();

        foreach (var act in EstateActs.All.Where(a => a != EstateActs.None))
        {
            string asked = Assert.Single(rows, r => r[1].Contains($"`{act.Word}`", StringComparison.Ordinal))[2].Trim();
            Assert.Equal((act.Word, act.Weight), (act.Word, asked switch { "always" => ActWeight.Grave, "never" => ActWeight.Light, _ => ActWeight.Judged }));
        }
    }

    [Fact]
    public async Task With_no_time_set_nobody_is_asked()
    {
        var time = new ManualTimeProvider();
        await using var farm = await StartAsync(time, TimeSpan.Zero);
        using var admin = await SignInAsync(farm);
        time.Advance(TimeSpan.FromMinutes(14));

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(admin, "PUT", "/api/v1/roles/night", """{"rights":["job:read"]}""")).StatusCode);
        Assert.Null((await MasterFixture.BodyAsync(await ProveAsync(admin, Password)))["lasts_until"]);
    }

    private static FarmConfiguration With(TimeSpan lasts) => MasterFixture.ReleaseOnly with { Accounts = new AccountSettings { StepUp = lasts } };

    private static Task<MasterFixture> StartAsync(TimeProvider time, TimeSpan? lasts = null) => MasterFixture.StartAsync(With(lasts ?? s_lasts), time);

    private static async Task<QuernMaster> MasterAsync(string folder, TimeProvider time) =>
        Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(MasterFixture.Options(folder, With(s_lasts)), time, Cancellation)).Master;

    private static async Task<HttpClient> SignInAsync(MasterFixture farm)
    {
        using var stranger = new HttpClient { BaseAddress = farm.Address };
        var login = await stranger.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "admin", ["password"] = Password }, Cancellation);
        return farm.Client((await MasterFixture.BodyAsync(login))["token"]!.ToString());
    }

    private static HttpClient ClientOf(QuernMaster master, string token)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://{master.Http}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    private static Task<HttpResponseMessage> ProveAsync(HttpClient client, string password) =>
        client.PostAsJsonAsync("/api/v1/account/step-up", new JsonObject { ["password"] = password }, Cancellation);

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path, string body)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body.Length > 0) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return client.SendAsync(request, Cancellation);
    }
}
