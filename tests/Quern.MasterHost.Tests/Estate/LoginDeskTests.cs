using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Estate;
using Quern.MasterHost.Tests.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Estate;

public sealed class LoginDeskTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_login_gives_a_session_like_that_of_every_door()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        var desk = Desk(farm);

        var welcome = Assert.IsType<LoginOutcome.Welcome>(await desk.LoginAsync(Request("mira") with { Product = "test 1" }, Cancellation));

        Assert.Equal(("user:mira", TokenKind.Session), (welcome.Principal.Name, welcome.Principal.Kind));
        Assert.Equal((farm.Time.GetUtcNow() + farm.Settings.SessionIdle, farm.Time.GetUtcNow() + farm.Settings.SessionMax), (welcome.EndsAt, welcome.LastsUntil));
        var stored = Assert.Single(await farm.Store.ListTokensAsync(null, Cancellation));
        Assert.Equal((LoginFarm.Here.ToString(), "test 1"), (stored.Address, stored.Product));
        // Its pre-hash is as good: inherited clients send nothing else.
        Assert.IsType<LoginOutcome.Welcome>(await desk.LoginAsync(Request("mira", PasswordHash.PreHashOf(LoginFarm.Password)), Cancellation));
    }

    [Theory, InlineData("Mira!"), InlineData(""), InlineData("mi ra"), InlineData("x")]
    public async Task What_cannot_be_a_name_is_told_so_before_any_hash(string name)
    {
        await using var farm = await LoginFarm.StartAsync();

        Assert.IsType<LoginOutcome.InvalidName>(await Desk(farm).LoginAsync(Request(name), Cancellation));

        Assert.Equal(0, farm.Hashes);
        await AssertRefusedAsync(farm, Doorkeeper.NoName);
    }

    [Theory, InlineData(0), InlineData(121)]
    public async Task What_can_be_nobody_s_password_is_told_so_before_any_account_is_looked_up(int length)
    {
        await using var farm = await LoginFarm.StartAsync();
        var before = await farm.CreateAsync("mira");

        Assert.IsType<LoginOutcome.InvalidPassword>(await Desk(farm).LoginAsync(Request("mira", new string('a', length)), Cancellation));

        Assert.Equal(0, farm.Hashes);
        Assert.Equal(before.Failures, (await farm.FindAsync("mira")).Failures);
        await AssertRefusedAsync(farm, Doorkeeper.NoName);
    }

    [Fact]
    public async Task The_order_of_what_is_found_out_tells_no_stranger_who_exists()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { ExpiresAt = farm.Time.GetUtcNow() });
        await farm.CreateAsync("noor", a => a with { Disabled = true });
        var desk = Desk(farm);

        Assert.IsType<LoginOutcome.Wrong>(await desk.LoginAsync(Request("nobody"), Cancellation));
        Assert.IsType<LoginOutcome.Wrong>(await desk.LoginAsync(Request("mira", "green tractor"), Cancellation));
        Assert.IsType<LoginOutcome.Wrong>(await desk.LoginAsync(Request("noor"), Cancellation));
        Assert.IsType<LoginOutcome.Expired>(await desk.LoginAsync(Request("mira"), Cancellation));
        Assert.Equal(4, farm.Hashes);
    }

    [Fact]
    public async Task Guessing_closes_the_way_for_all_kinds_of_logins()
    {
        await using var farm = await LoginFarm.StartAsync();
        var desk = Desk(farm);

        for (int i = 0; i < LoginLimits.MaxOfAddress; i++) Assert.IsType<LoginOutcome.InvalidName>(await desk.LoginAsync(Request("!"), Cancellation));

        Assert.Equal(LoginLimits.Window, Assert.IsType<LoginOutcome.TooMany>(await desk.LoginAsync(Request("!"), Cancellation)).RetryAfter);
        Assert.IsType<LoginOutcome.TooMany>(await desk.LoginAsync(Request("") with { ApiToken = "quern_x" }, Cancellation));
    }

    [Fact]
    public async Task A_shorter_life_can_be_asked_for_and_no_longer_one()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        var desk = Desk(farm);

        var shorter = Assert.IsType<LoginOutcome.Welcome>(await desk.LoginAsync(Request("mira") with { Lifetime = TimeSpan.FromMinutes(5) }, Cancellation));
        var longer = Assert.IsType<LoginOutcome.Welcome>(await desk.LoginAsync(Request("mira") with { Lifetime = TimeSpan.FromDays(400) }, Cancellation));

        Assert.Equal(farm.Time.GetUtcNow() + TimeSpan.FromMinutes(5), shorter.EndsAt);
        Assert.Equal(farm.Time.GetUtcNow() + farm.Settings.SessionMax, longer.LastsUntil);
    }

    [Fact]
    public async Task A_token_for_a_program_logs_in_and_is_not_ended_by_a_logout()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        var desk = Desk(farm);
        string secret = await farm.Tokens.IssueAsync(new Principal("ci", ["user:list"]), null, Actor.Farm, Cancellation);

        var welcome = Assert.IsType<LoginOutcome.Welcome>(await desk.LoginAsync(Request("") with { ApiToken = secret }, Cancellation));
        await desk.LogoutAsync(secret, everywhere: true, Cancellation);

        Assert.Equal("ci", welcome.Principal.Name);
        Assert.NotNull(await desk.FindAsync(secret, LoginFarm.Here, Cancellation));
        Assert.IsType<LoginOutcome.Wrong>(await desk.LoginAsync(Request("") with { ApiToken = "quern_nothing" }, Cancellation));
        // A session is no token for programs, and the other way round.
        string session = (await farm.LoginAsync("mira")).Token;
        Assert.IsType<LoginOutcome.Wrong>(await desk.LoginAsync(Request("") with { ApiToken = session }, Cancellation));
        Assert.Null(await desk.ResumeAsync(secret, LoginFarm.Here, Cancellation));
    }

    [Fact]
    public async Task A_session_is_resumed_renewed_and_over()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        var desk = Desk(farm);
        string token = (await farm.LoginAsync("mira")).Token, other = (await farm.LoginAsync("mira")).Token;

        farm.Time.Advance(TimeSpan.FromMinutes(14));
        var renewed = await desk.RenewAsync(token, Cancellation);
        Assert.Equal(farm.Time.GetUtcNow() + farm.Settings.SessionIdle, renewed!.EndsAt);
        // Looking whether it holds is no use of it.
        for (int i = 0; i < 2; i++) Assert.NotNull(await desk.PeekAsync(other, Cancellation));
        farm.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(await desk.PeekAsync(other, Cancellation));
        Assert.NotNull(await desk.ResumeAsync(token, LoginFarm.Here, Cancellation));

        await desk.LogoutAsync(token, everywhere: false, Cancellation);
        Assert.Null(await desk.ResumeAsync(token, LoginFarm.Here, Cancellation));
        Assert.Null(await desk.RenewAsync(token, Cancellation));
    }

    [Fact]
    public async Task A_logout_everywhere_ends_all_sessions_of_the_account_and_no_others()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        await farm.CreateAsync("noor");
        var desk = Desk(farm);
        string one = (await farm.LoginAsync("mira")).Token, two = (await farm.LoginAsync("mira")).Token, others = (await farm.LoginAsync("noor")).Token;

        await desk.LogoutAsync(one, everywhere: true, Cancellation);

        Assert.Equal((null, null), (await desk.PeekAsync(one, Cancellation), await desk.PeekAsync(two, Cancellation)));
        Assert.NotNull(await desk.PeekAsync(others, Cancellation));
    }

    [Fact]
    public async Task A_key_of_Branch_s_HTTP_API_is_no_session_here()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        var keys = new LeafKeys(farm.Tokens, Guid.NewGuid);
        var welcome = Assert.IsType<LoginResult.Welcome>(
            await farm.Door.LoginAsync(new LoginAttempt("mira", LoginFarm.Password, LoginFarm.Here), Cancellation, keys.NewSession));

        Assert.Null(await Desk(farm).ResumeAsync(welcome.Token, LoginFarm.Here, Cancellation));
        Assert.Null(await Desk(farm).ResumeAsync(LeafKeys.KeyOf(welcome.Token), LoginFarm.Here, Cancellation));
    }

    [Fact]
    public async Task Maintenance_holds_for_tokens_and_sessions_too()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { Roles = [] });
        await farm.CreateAsync("noor");
        var desk = Desk(farm);
        string weak = await farm.Tokens.IssueAsync(new Principal("ci", ["user:list"]), null, Actor.Farm, Cancellation);
        string strong = await farm.Tokens.IssueAsync(new Principal("owner", ["*"]), null, Actor.Farm, Cancellation);
        string mira = (await farm.LoginAsync("mira")).Token, noor = (await farm.LoginAsync("noor")).Token;

        farm.Maintenance.IsOn = true;

        Assert.IsType<LoginOutcome.Maintenance>(await desk.LoginAsync(Request("") with { ApiToken = weak }, Cancellation));
        Assert.IsType<LoginOutcome.Welcome>(await desk.LoginAsync(Request("") with { ApiToken = strong }, Cancellation));
        Assert.IsType<LoginOutcome.Maintenance>(await desk.LoginAsync(Request("mira"), Cancellation));
        Assert.Null(await desk.ResumeAsync(mira, LoginFarm.Here, Cancellation));
        Assert.NotNull(await desk.ResumeAsync(noor, LoginFarm.Here, Cancellation));
    }

    [Fact]
    public async Task One_time_codes_are_set_up_and_then_asked_for()
    {
        await using var farm = await LoginFarm.StartAsync(new AccountSettings { RequireTotp = true });
        await farm.CreateAsync("mira");
        var desk = Desk(farm);
        var welcome = Assert.IsType<LoginOutcome.Welcome>(await desk.LoginAsync(Request("mira"), Cancellation));
        Assert.Equal(SignInDuty.EnrolTotp, welcome.Principal.Duty);
        var caller = new Caller(welcome.Principal, LoginFarm.Here, "admin");

        Assert.Equal(EstateCode.InvalidPassword, (await desk.BeginTotpAsync(caller, "green tractor", Cancellation)).Answer.Code);
        var offer = await desk.BeginTotpAsync(caller, LoginFarm.Password, Cancellation);
        Assert.Contains(offer.Secret, offer.Uri, StringComparison.Ordinal);
        Assert.Null(await desk.ConfirmTotpAsync(caller, "000000", Cancellation));
        Assert.Equal(10, (await desk.ConfirmTotpAsync(caller, farm.CodeOf(offer.Secret), Cancellation))!.Value.Length);

        Assert.IsType<LoginOutcome.CodeNeeded>(await desk.LoginAsync(Request("mira"), Cancellation));
        Assert.IsType<LoginOutcome.WrongCode>(await desk.LoginAsync(Request("mira") with { Code = "-" }, Cancellation));
        farm.Time.Advance(TimeSpan.FromSeconds(30));
        var again = Assert.IsType<LoginOutcome.Welcome>(await desk.LoginAsync(Request("mira") with { Code = farm.CodeOf(offer.Secret) }, Cancellation));
        Assert.Equal(SignInDuty.None, again.Principal.Duty);
    }

    private static LoginRequest Request(string user, string password = LoginFarm.Password) => new(user, password, LoginFarm.Here);

    private static LoginDesk Desk(LoginFarm farm) => new(farm.Door, farm.Tokens, farm.Own, farm.Maintenance, farm.Store, farm.Time);

    private static async Task AssertRefusedAsync(LoginFarm farm, string subject)
    {
        var events = await farm.Store.ReadJournalAsync(0, 100, Cancellation);
        Assert.Contains(events, e => e.Kind == EventKinds.AccountRefused && e.Subject == subject);
    }
}
