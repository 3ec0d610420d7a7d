using System.Net;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class TokenDeskTests
{
    private static readonly Caller Manager = LoginFarm.Who(Right.TokenManage, Right.SessionManage);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_does_what_it_was_made_for_and_its_account_may_at_that_moment()
    {
        await using var farm = await StartAsync("job:*", Right.TokenOwn);
        var mira = await farm.InAsync("mira");

        var made = await farm.ApiTokens.CreateAsync(mira, new NewToken("ci", ["job:read", "job:submit@labs"], TimeSpan.FromDays(1)), Cancellation);

        Assert.Equal((EstateCode.Done, farm.Time.GetUtcNow().AddDays(1)), (made.Answer.Code, made.ExpiresAt));
        Assert.DoesNotContain(made.Secret, made.ToString(), StringComparison.Ordinal);
        var who = (await farm.WhoAsync(made.Secret))!;
        Assert.Equal((true, true, false, false), (who.May(Right.JobRead), who.May(Right.JobSubmit, "labs"), who.May(Right.JobSubmit), who.May(Right.TokenOwn)));
        Assert.Equal(EstateCode.Done, (await farm.Roles.PutAsync(LoginFarm.Who(Right.All), new RoleFacts("more", "", ["job:read"], false, Revision: 1), Cancellation)).Code);
        Assert.False((await farm.WhoAsync(made.Secret))!.May(Right.JobSubmit, "labs"));
        farm.Time.Advance(TimeSpan.FromDays(1));
        Assert.Null(await farm.WhoAsync(made.Secret));
    }

    [Fact]
    public async Task Nobody_makes_a_token_that_does_more_than_they_may()
    {
        await using var farm = await StartAsync("job:read", "job:submit@labs", Right.TokenOwn);
        var mira = await farm.InAsync("mira");

        foreach (string right in new[] { "*", "job:*", "job:submit", "job:submit@cellar", "worker:read" })
            Assert.Equal((right, EstateCode.Denied), (right, (await farm.ApiTokens.CreateAsync(mira, "ci", [right], null, Cancellation)).Answer.Code));
        var made = await farm.ApiTokens.CreateAsync(mira, "ci", ["job:read", "token:own"], null, Cancellation);
        Assert.Null(made.ExpiresAt);
        // A token makes tokens for less, not for more.
        var program = new Caller((await farm.WhoAsync(made.Secret))!, LoginFarm.Here, "http");
        Assert.Equal(EstateCode.Denied, (await farm.ApiTokens.CreateAsync(program, "more", ["job:submit@labs"], null, Cancellation)).Answer.Code);
        Assert.Equal(EstateCode.Done, (await farm.ApiTokens.CreateAsync(program, "less", ["job:read"], null, Cancellation)).Answer.Code);
        Assert.Equal(EstateCode.Denied, (await farm.ApiTokens.CreateAsync(LoginFarm.Who(Right.All), "farm", ["job:read"], null, Cancellation)).Answer.Code);
        Assert.Equal(EstateCode.Denied, (await farm.ApiTokens.CreateAsync(mira with { Principal = mira.Principal with { Duty = SignInDuty.EnrolTotp } }, "duty", ["job:read"], null, Cancellation)).Answer.Code);
    }

    [Fact, Trait("CWE", "269")]
    public async Task What_a_token_makes_is_not_for_longer_and_not_for_other_networks()
    {
        await using var farm = await StartAsync(Right.TokenOwn);
        var mira = await farm.InAsync("mira");
        var made = await farm.ApiTokens.CreateAsync(mira, new NewToken("ci", [Right.TokenOwn], TimeSpan.FromHours(1)) { Networks = ["192.0.2.0/24", "2001:db8::/32"] }, Cancellation);
        var program = new Caller((await farm.Tokens.FindAsync(made.Secret, LoginFarm.Here, Cancellation))!, LoginFarm.Here, "http");
        farm.Time.Advance(TimeSpan.FromMinutes(20));

        Task<TokenMade> MakeAsync(TimeSpan? lifetime, params string[] networks) =>
            farm.ApiTokens.CreateAsync(program, new NewToken("child", [Right.TokenOwn], lifetime) { Networks = [.. networks] }, Cancellation);

        Assert.Equal(made.ExpiresAt, (await MakeAsync(null)).ExpiresAt);
        Assert.Equal(made.ExpiresAt, (await MakeAsync(TimeSpan.FromDays(90))).ExpiresAt);
        Assert.Equal(farm.Time.GetUtcNow().AddMinutes(5), (await MakeAsync(TimeSpan.FromMinutes(5), "192.0.2.7", "2001:db8:1::/48")).ExpiresAt);
        foreach (string network in new[] { "0.0.0.0/0", "192.0.2.0/23", "192.0.3.1", "::/0", "::ffff:192.0.2.1" })
            Assert.Equal((network, EstateCode.InvalidAddress), (network, (await MakeAsync(null, network)).Answer.Code));
        var children = (await farm.ApiTokens.ListAsync(mira, "", Cancellation))!.Value.Where(t => t.Name == "child").ToList();
        Assert.Equal(3, children.Count);
        Assert.All(children.Where(t => t.ExpiresAt == made.ExpiresAt), t => Assert.Equal(["192.0.2.0/24", "2001:db8::/32"], t.Networks));
    }

    [Fact, Trait("CWE", "367")]
    public async Task Who_was_shut_out_meanwhile_makes_none()
    {
        await using var farm = await StartAsync(Right.TokenOwn);
        var mira = await farm.InAsync("mira");
        var made = await farm.ApiTokens.CreateAsync(mira, "ci", [Right.TokenOwn], null, Cancellation);
        var program = new Caller((await farm.WhoAsync(made.Secret))!, LoginFarm.Here, "http");

        // What either may was looked up before the password was changed.
        await farm.ChangeAsync("mira", a => a with { PasswordHash = "another" });

        foreach (var caller in new[] { mira, program })
        {
            var late = await farm.ApiTokens.CreateAsync(caller, "late", [Right.TokenOwn], null, Cancellation);
            Assert.Equal((EstateCode.Denied, ""), (late.Answer.Code, late.Secret));
        }
        Assert.Empty(await farm.Store.ListTokensAsync(mira.Principal.Account, Cancellation));
    }

    public static TheoryData<string, string[], int, string[], EstateCode> Wrong => new()
    {
        { "", ["job:read"], 1, [], EstateCode.InvalidName },
        { "a\nb", ["job:read"], 1, [], EstateCode.InvalidName },
        { new string('x', 65), ["job:read"], 1, [], EstateCode.InvalidName },
        { "ci", [], 1, [], EstateCode.InvalidOptions },
        { "ci", ["job:raed"], 1, [], EstateCode.InvalidOptions },
        { "ci", ["job:read@"], 1, [], EstateCode.InvalidOptions },
        { "ci", ["job:read"], 0, [], EstateCode.InvalidExpiration },
        { "ci", ["job:read"], -1, [], EstateCode.InvalidExpiration },
        { "ci", ["job:read"], 50_000, [], EstateCode.InvalidExpiration },
        { "ci", ["job:read"], 1, ["192.0.2.0/33"], EstateCode.InvalidAddress },
        { "ci", ["job:read"], 1, ["everywhere"], EstateCode.InvalidAddress },
        { "ci", ["job:read"], 1, [.. Enumerable.Range(0, 17).Select(i => $"192.0.{i}.0/24")], EstateCode.InvalidAddress },
    };

    [Theory, MemberData(nameof(Wrong))]
    public async Task Each_rule_for_tokens_has_its_code_and_makes_none(string name, string[] rights, int days, string[] networks, EstateCode code)
    {
        await using var farm = await StartAsync("job:*", Right.TokenOwn);
        var mira = await farm.InAsync("mira");

        var made = await farm.ApiTokens.CreateAsync(mira, new NewToken(name, [.. rights], TimeSpan.FromDays(days)) { Networks = [.. networks] }, Cancellation);

        Assert.Equal((code, ""), (made.Answer.Code, made.Secret));
        Assert.NotEmpty(made.Answer.Detail);
        Assert.Empty((await farm.ApiTokens.ListAsync(mira, "", Cancellation))!.Value);
    }

    [Fact]
    public async Task A_token_for_some_networks_is_worthless_elsewhere_and_whoever_tried_is_in_the_journal()
    {
        await using var farm = await StartAsync("job:*", Right.TokenOwn);
        var mira = await farm.InAsync("mira");
        var made = await farm.ApiTokens.CreateAsync(mira, new NewToken("ci", ["job:read"]) { Networks = ["192.0.2.7/24", "2001:db8::1"] }, Cancellation);

        Task<Principal?> FromAsync(string? address) => farm.Tokens.FindAsync(made.Secret, address is null ? null : IPAddress.Parse(address), Cancellation);

        for (int i = 0; i < 2; i++)   // the second time from memory
        {
            Assert.NotNull(await FromAsync("192.0.2.255"));
            Assert.NotNull(await FromAsync("::ffff:192.0.2.1"));
            Assert.NotNull(await FromAsync("2001:db8::1"));
            Assert.Null(await FromAsync("192.0.3.1"));
            Assert.Null(await FromAsync("2001:db8::2"));
            Assert.Null(await FromAsync(null));
        }
        var refused = (await farm.Store.FindLastEventAsync("estate.refused", Cancellation))!;
        Assert.Equal(("user:mira", made.Answer.Id), (refused.Actor, refused.Subject));
        Assert.Contains("192.0.3.1", refused.Data, StringComparison.Ordinal);
        Assert.Equal(["192.0.2.0/24", "2001:db8::1/128"], (await farm.ApiTokens.ListAsync(mira, "", Cancellation))!.Value.Single().Networks);
    }

    [Fact]
    public async Task The_farm_bounds_how_long_tokens_last()
    {
        await using var farm = await StartAsync(new AccountSettings { TokenMax = TimeSpan.FromDays(30) }, "job:*", Right.TokenOwn);
        var mira = await farm.InAsync("mira");
        var now = farm.Time.GetUtcNow();

        foreach (var (days, lasts) in new (int?, int)[] { (null, 30), (31, 30), (30, 30), (1, 1) })
        {
            var made = await farm.ApiTokens.CreateAsync(mira, "ci", ["job:read"], days is { } d ? TimeSpan.FromDays(d) : null, Cancellation);
            Assert.Equal((days, now.AddDays(lasts)), (days, made.ExpiresAt));
        }
    }

    [Fact]
    public async Task Tokens_and_sessions_of_others_are_for_those_who_may_and_nobody_else_learns_of_them()
    {
        await using var farm = await StartAsync("job:*", Right.TokenOwn);
        await farm.CreateAsync("noor", a => a with { Roles = ["worker"] });
        Caller mira = await farm.InAsync("mira"), noor = await farm.InAsync("noor");
        string token = (await farm.ApiTokens.CreateAsync(mira, "ci", ["job:read"], null, Cancellation)).Answer.Id, session = mira.Principal.TokenId;

        Assert.Null(await farm.ApiTokens.ListAsync(noor, "mira", Cancellation));
        Assert.Null(await farm.ApiTokens.ListAsync(noor, "ghost", Cancellation));
        Assert.Null(await farm.ApiTokens.ListSessionsAsync(noor, "mira", Cancellation));
        Assert.Equal(await farm.ApiTokens.RevokeAsync(noor, token, Cancellation), await farm.ApiTokens.RevokeAsync(noor, "0123456789abcdef", Cancellation));
        Assert.Equal(await farm.ApiTokens.EndSessionAsync(noor, session, Cancellation), await farm.ApiTokens.EndSessionAsync(noor, "not an id at all", Cancellation));
        Assert.Equal(EstateCode.Denied, (await farm.ApiTokens.RevokeAsync(noor, token, Cancellation)).Code);
        Assert.Equal(EstateCode.NotFound, (await farm.ApiTokens.RevokeAsync(Manager, session, Cancellation)).Code);
        Assert.Equal(EstateCode.NotFound, (await farm.ApiTokens.EndSessionAsync(Manager, token, Cancellation)).Code);
        Assert.Empty((await farm.ApiTokens.ListAsync(Manager, "ghost", Cancellation))!.Value);

        Assert.Equal([token], (await farm.ApiTokens.ListAsync(Manager, "mira", Cancellation))!.Value.Select(t => t.Id));
        Assert.Equal([session], (await farm.ApiTokens.ListSessionsAsync(Manager, "mira", Cancellation))!.Value.Select(t => t.Id));
        Assert.Equal(EstateCode.Done, (await farm.ApiTokens.RevokeAsync(Manager, token, Cancellation)).Code);
        Assert.Equal(EstateCode.Done, (await farm.ApiTokens.EndSessionAsync(Manager, session, Cancellation)).Code);
        Assert.Empty(await farm.Store.ListTokensAsync(mira.Principal.Account, Cancellation));
    }

    [Fact]
    public async Task Everybody_sees_and_ends_the_own_sessions()
    {
        await using var farm = await StartAsync(Right.TokenOwn);
        var first = await farm.LoginAsync("mira");
        var second = await farm.InAsync("mira");

        var sessions = (await farm.ApiTokens.ListSessionsAsync(second, "mira", Cancellation))!.Value;
        Assert.Equal((2, second.Principal.TokenId), (sessions.Length, sessions.Single(s => s.Current).Id));
        Assert.Equal(farm.Time.GetUtcNow() + farm.Settings.SessionIdle, sessions[0].ExpiresAt);
        Assert.Equal(EstateCode.Done, (await farm.ApiTokens.EndSessionAsync(second, first.Principal.TokenId, Cancellation)).Code);
        Assert.Null(await farm.WhoAsync(first.Token));
        Assert.Equal(EstateCode.Done, (await farm.ApiTokens.EndSessionAsync(second, second.Principal.TokenId, Cancellation)).Code);
    }

    [Fact]
    public async Task An_account_has_so_many_tokens_and_no_more()
    {
        await using var farm = await StartAsync("job:*", Right.TokenOwn);
        var mira = await farm.InAsync("mira");
        for (int i = 0; i < 200; i++)
            await farm.Store.SaveTokenAsync(farm.Tokens.NewApiToken(mira.Principal, $"t{i}", ["job:read"], null, []).Token, Actor.Farm, Cancellation);

        Assert.Equal(EstateCode.QueueFull, (await farm.ApiTokens.CreateAsync(mira, "ci", ["job:read"], null, Cancellation)).Answer.Code);
    }

    private static Task<LoginFarm> StartAsync(params string[] rights) => StartAsync(new AccountSettings(), rights);

    private static async Task<LoginFarm> StartAsync(AccountSettings settings, params string[] rights)
    {
        var farm = await LoginFarm.StartAsync(settings);
        await farm.Store.SaveRoleAsync(new StoredRole("worker", RoleScope.Farm, "", [Right.TokenOwn]), Actor.Farm, Cancellation);
        await farm.Store.SaveRoleAsync(new StoredRole("more", RoleScope.Farm, "", [.. rights]), Actor.Farm, Cancellation);
        await farm.CreateAsync("mira", a => a with { Roles = ["more"] });
        return farm;
    }
}
