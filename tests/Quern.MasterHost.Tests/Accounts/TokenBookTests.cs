using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class TokenBookTests
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_that_is_used_goes_on_until_its_last_end()
    {
        await using var farm = await LoginFarm.StartAsync(new AccountSettings { SessionIdle = TimeSpan.FromMinutes(15), SessionMax = TimeSpan.FromHours(1) });
        await farm.CreateAsync("mira");
        string session = (await farm.LoginAsync("mira")).Token;

        for (int i = 0; i < 5; i++)
        {
            farm.Time.Advance(TimeSpan.FromMinutes(11));
            Assert.NotNull(await farm.WhoAsync(session));
        }
        farm.Time.Advance(TimeSpan.FromMinutes(5));

        Assert.Null(await farm.WhoAsync(session));
    }

    [Fact]
    public async Task A_session_that_nobody_uses_ends()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        string session = (await farm.LoginAsync("mira")).Token;

        farm.Time.Advance(farm.Settings.SessionIdle - TimeSpan.FromSeconds(1));
        Assert.NotNull(await farm.WhoAsync(session));
        farm.Time.Advance(farm.Settings.SessionIdle);

        Assert.Null(await farm.WhoAsync(session));
    }

    [Fact]
    public async Task The_last_use_is_kept_to_the_minute()
    {
        await using var farm = await LoginFarm.StartAsync();
        var mira = await farm.CreateAsync("mira");
        string session = (await farm.LoginAsync("mira")).Token;
        async Task<DateTimeOffset?> UsedAsync() => Assert.Single(await farm.Store.ListTokensAsync(mira.Id, Cancellation)).LastUsedAt;
        var first = farm.Time.GetUtcNow();
        Assert.Equal(first, await UsedAsync());

        farm.Time.Advance(TimeSpan.FromSeconds(59));
        await farm.WhoAsync(session);
        Assert.Equal(first, await UsedAsync());
        farm.Time.Advance(TimeSpan.FromSeconds(6));
        await farm.WhoAsync(session);
        Assert.Equal(farm.Time.GetUtcNow(), await UsedAsync());
    }

    [Fact]
    public async Task What_another_process_takes_away_is_felt_after_five_seconds()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root");
        await farm.CreateAsync("mira");
        string token = await ApiTokenAsync(farm, "mira", """["*"]""");
        Assert.True((await farm.WhoAsync(token))!.May(Right.JobSubmit));

        // As another process would: the book here hears nothing of it.
        await farm.ChangeAsync("mira", a => a with { Disabled = true });
        farm.Time.Advance(Remembered - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await farm.WhoAsync(token));
        farm.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await farm.WhoAsync(token));
    }

    [Fact]
    public async Task What_this_process_changes_is_felt_at_once()
    {
        await using var farm = await LoginFarm.StartAsync();
        var role = new StoredRole("reader", RoleScope.Farm, "", [Right.JobRead]);
        await farm.Store.SaveRoleAsync(role, Actor.Farm, Cancellation);
        await farm.CreateAsync("mira", a => a with { Roles = ["reader"] });
        string token = await ApiTokenAsync(farm, "mira", """["*"]""");
        Assert.True((await farm.WhoAsync(token))!.May(Right.JobRead));

        await farm.Store.SaveRoleAsync(role with { Rights = [], Revision = 1 }, Actor.Farm, Cancellation);
        farm.Tokens.Forget();

        Assert.False((await farm.WhoAsync(token))!.May(Right.JobRead));
    }

    [Fact, Trait("CWE", "613")]
    public async Task A_session_that_is_used_while_it_ends_is_not_remembered()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        for (int round = 0; round < 50; round++)
        {
            var welcome = await farm.LoginAsync("mira");
            using var over = new CancellationTokenSource();
            var uses = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                while (!over.IsCancellationRequested) await farm.WhoAsync(welcome.Token);
            }, Cancellation)).ToList();

            await farm.Tokens.RevokeAsync(welcome.Token, Actor.Farm, Cancellation);

            Assert.Null(await farm.WhoAsync(welcome.Token));
            await over.CancelAsync();
            await Task.WhenAll(uses);
            Assert.Null(await farm.WhoAsync(welcome.Token));
        }
    }

    [Fact]
    public async Task Who_listens_to_an_answer_without_end_uses_the_session()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        var session = await farm.LoginAsync("mira");
        string id = session.Principal.TokenId;

        for (var passed = TimeSpan.Zero; passed < farm.Settings.SessionIdle * 3; passed += AccessGate.LookAgain)
        {
            Assert.NotNull(await farm.Tokens.AgainAsync(id, Cancellation));
            farm.Time.Advance(AccessGate.LookAgain);
        }
        Assert.NotNull(await farm.WhoAsync(session.Token));
        farm.Time.Advance(farm.Settings.SessionIdle);

        Assert.Null(await farm.Tokens.AgainAsync(id, Cancellation));
        Assert.Null(await farm.Tokens.AgainAsync("0123456789abcdef", Cancellation));
    }

    [Fact]
    public async Task An_account_that_expires_takes_its_tokens_along_on_the_second()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { ExpiresAt = farm.Time.GetUtcNow() + TimeSpan.FromSeconds(3) });
        string token = await ApiTokenAsync(farm, "mira", """["*"]""");
        Assert.NotNull(await farm.WhoAsync(token));

        farm.Time.Advance(TimeSpan.FromSeconds(3));

        Assert.Null(await farm.WhoAsync(token));
    }

    [Fact]
    public async Task An_API_token_may_do_what_both_it_and_its_account_may()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.Store.SaveRoleAsync(new StoredRole("reader", RoleScope.Farm, "", [Right.JobRead, Right.FarmRead]), Actor.Farm, Cancellation);
        await farm.CreateAsync("mira", a => a with { Roles = ["reader"] });

        var all = (await farm.WhoAsync(await ApiTokenAsync(farm, "mira", """["*"]""")))!;
        var some = (await farm.WhoAsync(await ApiTokenAsync(farm, "mira", """["job:read","job:submit"]""")))!;

        Assert.Equal((true, true, false), (all.May(Right.JobRead), all.May(Right.FarmRead), all.May(Right.JobSubmit)));
        Assert.Equal((true, false, false), (some.May(Right.JobRead), some.May(Right.FarmRead), some.May(Right.JobSubmit)));
    }

    [Fact]
    public async Task A_token_whose_account_is_gone_is_nobodys()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("root");
        var mira = await farm.CreateAsync("mira");
        string token = await ApiTokenAsync(farm, "mira", """["*"]""");
        await farm.Store.RemoveAccountAsync(mira.Id, null, Actor.Farm, Cancellation);

        Assert.Null(await farm.WhoAsync(token));
        Assert.Null(await farm.WhoAsync(""));
        Assert.Null(await farm.WhoAsync(new string('x', 257)));
    }

    [Fact]
    public async Task What_a_password_that_must_be_changed_asks_of_people_it_does_not_ask_of_programs()
    {
        await using var farm = await LoginFarm.StartAsync(new AccountSettings { RequireTotp = true });
        await farm.CreateAsync("mira", a => a with { MustChangePassword = true });

        var who = (await farm.WhoAsync(await ApiTokenAsync(farm, "mira", """["*"]""")))!;

        Assert.Equal((SignInDuty.None, TokenKind.Api), (who.Duty, who.Kind));
    }

    private static async Task<string> ApiTokenAsync(LoginFarm farm, string name, string rights)
    {
        string secret = $"quern_{Guid.NewGuid():N}";
        var account = await farm.FindAsync(name);
        Assert.True(await farm.Store.SaveTokenAsync(
            new StoredToken(LoginFarm.HashOf(secret), $"user:{name}", rights, farm.Time.GetUtcNow(), null) { Kind = TokenKind.Api, Account = account.Id }, Actor.Farm, Cancellation));
        return secret;
    }
}
