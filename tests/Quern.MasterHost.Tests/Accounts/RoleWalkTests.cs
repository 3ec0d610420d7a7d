using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Accounts;

/// <summary>Every route of the running program, with every role. The matrix is written by hand: it is what the program is held against.</summary>
public sealed class RoleWalkTests
{
    private const string Nobody = "nobody";
    private const string Id = "00000000-0000-7000-8000-000000000001";
    private static readonly ImmutableArray<string> Everybody = ["superuser", "operator", "auditor"];
    private static readonly ImmutableArray<string> Operators = ["superuser", "operator"];
    private static readonly ImmutableArray<string> Superusers = ["superuser"];
    private static readonly ImmutableArray<string> Auditors = ["superuser", "auditor"];
    private static readonly ImmutableArray<string> Accounts = ["superuser", "operator", "auditor", "user"];

    /// <summary>Who has which right over the whole farm.</summary>
    private static readonly FrozenDictionary<string, ImmutableArray<string>> Matrix = new Dictionary<string, ImmutableArray<string>>
    {
        ["farm:read"] = Everybody,
        ["job:read"] = Everybody,
        ["job:submit"] = Operators,
        ["job:cancel"] = Operators,
        ["plan:run"] = Superusers,
        ["builder:read"] = Everybody,
        ["builder:run"] = Operators,
        ["recipe:read"] = Everybody,
        ["recipe:write"] = Operators,
        ["package:read"] = Everybody,
        ["package:write"] = Superusers,   // a package that no recipe of this farm made
        ["source:read"] = Everybody,
        ["source:write"] = Operators,
        ["worker:read"] = Everybody,
        ["worker:write"] = Operators,
        ["event:read"] = Everybody,
        ["user:create"] = Superusers,
        ["user:update"] = Superusers,
        ["user:delete"] = Superusers,
        ["user:list"] = Everybody,
        ["user:reset-totp"] = Superusers,
        ["group:create"] = Superusers,
        ["group:update"] = Superusers,
        ["group:delete"] = Superusers,
        ["group:list"] = Everybody,
        ["role:list"] = Auditors,
        ["role:manage"] = Superusers,
        ["token:own"] = Accounts,
        ["token:manage"] = Superusers,
        ["session:manage"] = Superusers,
        ["listener:create"] = Superusers,
        ["listener:update"] = Superusers,
        ["listener:delete"] = Superusers,
        ["listener:list"] = Everybody,
        ["agent:build"] = Operators,
        ["agent:deploy"] = Operators,
        ["agent:list"] = Everybody,
        ["agent:approve"] = Operators,
        ["agent:power"] = Operators,
        ["server:banner"] = Superusers,
        ["server:maintenance"] = Superusers,
        ["audit:read"] = Auditors,
    }.ToFrozenDictionary();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_right_stands_in_the_matrix() => Assert.Equal(Right.Known.Order(), Matrix.Keys.Order());

    [Fact]
    public async Task Every_route_lets_in_the_roles_of_the_matrix_and_no_others()
    {
        await using var farm = await MasterFixture.StartAsync();
        var store = farm.Get<FarmStore>();
        var routes = Routes(farm);
        var roles = (await store.ListRolesAsync(Cancellation)).Where(r => r.Scope == RoleScope.Farm).Select(r => r.Name).Append(Nobody).ToList();
        Assert.Equal(Accounts.Append(Nobody).Order(), roles.Order());

        foreach (string role in roles)
        {
            string api = await TokenAsync(store, $"api-{role}", TokenKind.Api, a => a with { Roles = role == Nobody ? [] : [role] });
            string session = await TokenAsync(store, $"session-{role}", TokenKind.Session, a => a with { Roles = role == Nobody ? [] : [role] });
            string duty = await TokenAsync(store, $"duty-{role}", TokenKind.Session, a => a with { Roles = role == Nobody ? [] : [role], MustChangePassword = true });
            foreach (var route in routes)
            {
                bool open = route.Metadata.GetMetadata<OpenToAll>() is not null, own = route.Metadata.GetMetadata<OwnAccountOnly>() is not null;
                bool may = open || (!own && Matrix[route.Metadata.GetMetadata<NeedsRight>()!.Name].Contains(role));
                string place = $"{role} {route.RoutePattern.RawText}";
                Assert.Equal((place, may), (place, await PassesAsync(farm, route, api)));
                bool orSession = route.Metadata.GetMetadata<NeedsRight>()?.OrSession ?? false;
                Assert.Equal((place, may || own || orSession), (place, await PassesAsync(farm, route, session)));
                Assert.Equal((place, open || own), (place, await PassesAsync(farm, route, duty)));
            }
        }
        Assert.True(routes.Count > 60, $"only {routes.Count} routes were walked");
    }

    [Fact]
    public async Task A_role_within_a_group_gives_nothing_outside_of_it()
    {
        await using var farm = await MasterFixture.StartAsync();
        var store = farm.Get<FarmStore>();
        string owner = await TokenAsync(store, "mira", TokenKind.Api, a => a);
        string viewer = await TokenAsync(store, "noor", TokenKind.Api, a => a);
        await store.CreateGroupAsync(new StoredGroup(Id, "Lab machines", "", [new("mira", "owner"), new("noor", "viewer")]), Actor.Farm, Cancellation);

        var (mira, noor) = ((await farm.Get<TokenBook>().FindAsync(owner, Cancellation))!, (await farm.Get<TokenBook>().FindAsync(viewer, Cancellation))!);

        Assert.Equal((true, false, false), (mira.May(Right.WorkerWrite, "lab machines"), mira.May(Right.WorkerWrite, "others"), mira.May(Right.WorkerWrite)));
        Assert.Equal((true, false, false), (noor.May(Right.WorkerRead, "lab machines"), noor.May(Right.WorkerWrite, "lab machines"), noor.May(Right.WorkerRead)));
        // The group's name and its id, whatever their case, and nothing else opens the routes that are within a group.
        int within = 0;
        foreach (var route in Routes(farm).Where(r => r.Metadata.GetMetadata<NeedsRight>() is not null))
        {
            var needs = route.Metadata.GetMetadata<NeedsRight>()!;
            string place = route.RoutePattern.RawText!;
            bool opens = needs.GroupRoute.Length > 0, reads = needs.Name is Right.GroupList or Right.AgentList;
            if (opens) within++;
            Assert.Equal((place, needs.AnyGroup), (place, await PassesAsync(farm, route, owner)));
            Assert.Equal((place, needs.AnyGroup), (place, await PassesAsync(farm, route, owner, "others")));
            Assert.Equal((place, needs.AnyGroup || opens), (place, await PassesAsync(farm, route, owner, "LAB machines")));
            Assert.Equal((place, needs.AnyGroup || opens), (place, await PassesAsync(farm, route, owner, Id)));
            Assert.Equal((place, reads && (needs.AnyGroup || opens)), (place, await PassesAsync(farm, route, viewer, Id)));
        }
        Assert.True(within >= 3, $"only {within} routes are within a group");
    }

    [Fact]
    public async Task A_role_of_a_group_that_names_another_group_gives_nothing()
    {
        await using var farm = await MasterFixture.StartAsync();
        var store = farm.Get<FarmStore>();
        string secret = await TokenAsync(store, "mira", TokenKind.Api, a => a);
        await store.SaveRoleAsync(new StoredRole("sly", RoleScope.Group, "", ["*@others", "job:read"]), Actor.Farm, Cancellation);
        await store.CreateGroupAsync(new StoredGroup("1", "labs", "", [new("admin", "owner"), new("mira", "sly")]), Actor.Farm, Cancellation);

        var mira = (await farm.Get<TokenBook>().FindAsync(secret, Cancellation))!;

        Assert.Equal((true, false, false), (mira.May(Right.JobRead, "labs"), mira.May(Right.JobRead, "others"), mira.May(Right.JobSubmit, "labs")));
    }

    /// <summary>Every route that changes something of the estate, with what that is. Written by hand, like the matrix.</summary>
    private static readonly ImmutableSortedDictionary<string, string> Acts = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, string>
    {
        ["POST /api/v1/logout"] = "account.own",
        ["GET /api/v1/account"] = "account.own",
        ["PATCH /api/v1/account"] = "account.own",
        ["POST /api/v1/account/password"] = "account.own",
        ["POST /api/v1/account/step-up"] = "account.own",
        ["POST /api/v1/account/totp"] = "account.own",
        ["POST /api/v1/account/totp/confirm"] = "account.own",
        ["POST /api/v1/account/totp/remove"] = "account.own",
        ["POST /api/v1/users"] = "user.create",
        ["PATCH /api/v1/users/{name}"] = "user.update",
        ["POST /api/v1/users/{name}/unlock"] = "user.update",
        ["POST /api/v1/users/{name}/password"] = "user.update",
        ["DELETE /api/v1/users/{name}"] = "user.delete",
        ["POST /api/v1/users/{name}/totp/remove"] = "user.reset-totp",
        ["POST /api/v1/groups"] = "group.create",
        ["PATCH /api/v1/groups/{group}"] = "group.update",
        ["DELETE /api/v1/groups/{group}"] = "group.delete",
        ["PUT /api/v1/roles/{name}"] = "role.put",
        ["DELETE /api/v1/roles/{name}"] = "role.delete",
        ["POST /api/v1/tokens"] = "token.create",
        ["DELETE /api/v1/tokens/{id}"] = "token.revoke",
        ["DELETE /api/v1/sessions/{id}"] = "session.end",
        ["POST /api/v1/listeners"] = "listener.create",
        ["PATCH /api/v1/listeners/{listener}"] = "listener.update",
        ["POST /api/v1/listeners/{listener}/start"] = "listener.update",
        ["POST /api/v1/listeners/{listener}/stop"] = "listener.update",
        ["DELETE /api/v1/listeners/{listener}"] = "listener.delete",
        ["DELETE /api/v1/listeners/{protocol}/{address}/{port:int}"] = "listener.delete",
        ["POST /api/v1/agents/keys"] = "enrolment-key.create",
        ["DELETE /api/v1/agents/keys/{id}"] = "enrolment-key.revoke",
        ["POST /api/v1/agents/{agent}/approve"] = "agent.moderate",
        ["POST /api/v1/agents/{agent}/reject"] = "agent.moderate",
        ["POST /api/v1/agents/{agent}/revoke"] = "agent.moderate",
        ["DELETE /api/v1/agents/{agent}"] = "agent.moderate",
        ["POST /api/v1/agents/{agent}/rename"] = "agent.care",
        ["POST /api/v1/agents/{agent}/drain"] = "agent.care",
        ["POST /api/v1/agents/{agent}/resume"] = "agent.care",
        ["POST /api/v1/agents/{agent}/rotate"] = "agent.care",
        ["POST /api/v1/agents/upgrade"] = "agent.upgrade",
        ["POST /api/v1/agents/builds"] = "agent.build",
        ["POST /api/v1/agents/builds/{build}/link"] = "agent.artifact",
        ["GET HEAD /api/v1/agents/builds/{build}/artifact"] = "agent.artifact",
        ["PUT /api/v1/banner"] = "banner.update",
        ["POST /api/v1/workers/{name}/credential"] = "worker.credential",
        ["PUT /api/v1/workers/{name}/slots"] = "worker.care",
        ["POST /api/v1/workers/{name}/shutdown"] = "worker.care",
    });

    [Fact]
    public async Task Every_route_that_changes_the_estate_says_what_and_one_that_does_not_is_nobody_s()
    {
        await using var farm = await MasterFixture.StartAsync();
        var changes = Routes(farm).Where(r => r.Metadata.GetMetadata<DoesAct>() is not null || (r.Metadata.GetMetadata<OpenToAll>() is null && !IsReading(r))).ToList();

        Assert.All(changes, route => Assert.True(AccessGate.IsWhole(route), route.RoutePattern.RawText));
        Assert.Equal(Acts, changes.Where(r => r.Metadata.GetMetadata<DoesAct>() is not null)
            .ToImmutableSortedDictionary(r => $"{MethodOf(r)} {r.RoutePattern.RawText!.TrimEnd('/')}", r => r.Metadata.GetMetadata<DoesAct>()!.Act.Word, StringComparer.Ordinal));

        string superuser = await TokenAsync(farm.Get<FarmStore>(), "mira", TokenKind.Api, a => a with { Roles = ["superuser"] });
        foreach (var route in changes.Where(r => r.Metadata.GetMetadata<DoesAct>() is not null && r.Metadata.GetMetadata<OwnAccountOnly>() is null && !IsReading(r)))
        {
            var bare = new RouteEndpoint(route.RequestDelegate!, route.RoutePattern, 0, new EndpointMetadataCollection(route.Metadata.Where(m => m is not DoesAct)), "bare");
            Assert.Equal((route.RoutePattern.RawText, true, false), (route.RoutePattern.RawText, await PassesAsync(farm, route, superuser), await PassesAsync(farm, bare, superuser)));
        }
    }

    private static bool IsReading(RouteEndpoint route) => MethodOf(route).Contains("GET", StringComparison.Ordinal);

    private static string MethodOf(RouteEndpoint route) => string.Join(' ', route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []);

    private static List<RouteEndpoint> Routes(MasterFixture farm) => [.. farm.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    private static async Task<bool> PassesAsync(MasterFixture farm, RouteEndpoint route, string secret, string? group = null)
    {
        var context = new DefaultHttpContext();
        foreach (var part in route.RoutePattern.Parameters) context.Request.RouteValues[part.Name] = group ?? "none";
        context.Request.Headers.Authorization = $"Bearer {secret}";
        context.SetEndpoint(route);
        bool passed = false;
        await new AccessGate(_ =>
        {
            passed = true;
            return Task.CompletedTask;
        }, farm.Get<TokenBook>(), farm.Get<FarmStore>(), farm.Get<RefusalBook>(), farm.Get<ProofGate>(), TimeProvider.System).InvokeAsync(context);
        Assert.Equal(passed ? 200 : 403, context.Response.StatusCode);
        return passed;
    }

    private static async Task<string> TokenAsync(FarmStore store, string name, TokenKind kind, Func<StoredAccount, StoredAccount> with)
    {
        var account = with(Account.New(name).Row);
        Assert.IsType<AccountChange.Saved>(await store.CreateAccountAsync(account, Actor.Farm, Cancellation));
        string secret = $"quern_{Guid.NewGuid():N}";
        await store.SaveTokenAsync(
            new StoredToken(LoginFarm.HashOf(secret), $"user:{name}", """["*"]""", default, null) { Kind = kind, Account = account.Id, ProvedAt = TimeProvider.System.GetUtcNow() }, Actor.Farm, Cancellation);
        return secret;
    }
}
