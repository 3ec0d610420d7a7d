using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class DoorkeeperTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_right_password_or_its_pre_hash_gives_a_session_and_an_event()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");

        var welcome = await farm.LoginAsync("mira");
        await farm.LoginAsync("mira", Convert.ToHexStringLower(SHA512.HashData("violet tractor"u8)));

        Assert.Equal(("user:mira", SignInDuty.None, TokenKind.Session), (welcome.Principal.Name, welcome.Principal.Duty, welcome.Principal.Kind));
        Assert.True(welcome.Principal.May(Right.JobRead));
        Assert.Equal(farm.Time.GetUtcNow() + farm.Settings.SessionMax, welcome.EndsAt);
        var signedIn = (await farm.Store.FindLastEventAsync("account.signed_in", Cancellation))!;
        Assert.Equal(("mira", "user:mira", "192.0.2.1"), (signedIn.Subject, signedIn.Actor, JsonNode.Parse(signedIn.Data)!["address"]!.ToString()));
    }

    [Theory]
    [InlineData("mira", "wrong password", "mira", "wrong password")]
    [InlineData("nobody", LoginFarm.Password, "nobody", "no such user")]
    [InlineData("secret typed too early", LoginFarm.Password, Doorkeeper.NoName, "no such user")]
    [InlineData("disabled", LoginFarm.Password, "disabled", "the account is disabled")]
    [InlineData("keyless", "", "keyless", "wrong password")]
    public async Task Whoever_is_refused_gets_the_same_answer_after_one_hash_and_the_journal_says_why(string user, string password, string subject, string reason)
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        await farm.CreateAsync("disabled", a => a with { Disabled = true });
        await farm.CreateAsync("keyless", a => a with { PasswordHash = "" });

        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync(user, password));

        Assert.Equal(1, farm.Hashes);
        var refused = (await farm.Store.FindLastEventAsync("account.refused", Cancellation))!;
        Assert.Equal((subject, reason, "192.0.2.1"),
            (refused.Subject, JsonNode.Parse(refused.Data)!["reason"]!.ToString(), JsonNode.Parse(refused.Data)!["address"]!.ToString()));
    }

    [Fact]
    public async Task An_expired_account_is_told_so_only_with_its_password()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { ExpiresAt = farm.Time.GetUtcNow() + TimeSpan.FromDays(1) });
        await farm.LoginAsync("mira");
        farm.Time.Advance(TimeSpan.FromDays(1));

        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira", "another"));
        Assert.IsType<LoginResult.Expired>(await farm.TryAsync("mira"));
    }

    [Fact]
    public async Task After_five_failures_the_right_password_waits_too_but_not_that_of_another_user()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");
        await farm.CreateAsync("noor");
        for (int i = 0; i < LoginLimits.MaxOfUser; i++) Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira", "wrong"));

        Assert.Equal(LoginLimits.Window, Assert.IsType<LoginResult.TooMany>(await farm.TryAsync("mira")).RetryAfter);
        Assert.Equal(LoginLimits.MaxOfUser, farm.Hashes);
        await farm.LoginAsync("noor");
        farm.Time.Advance(LoginLimits.Window);
        await farm.LoginAsync("mira");
    }

    [Fact]
    public async Task Those_who_try_at_once_are_not_let_through_together()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira");

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => farm.TryAsync("mira", "wrong")));

        Assert.Equal(LoginLimits.MaxOfUser, results.Count(r => r is LoginResult.Wrong));
        Assert.Equal(LoginLimits.MaxOfUser, farm.Hashes);
    }

    [Fact]
    public async Task An_account_that_is_tried_for_a_day_stays_locked_over_a_restart_until_it_is_unlocked()
    {
        await using var farm = await LoginFarm.StartAsync();
        var mira = await farm.CreateAsync("mira");
        for (int i = 0; i < LockoutRule.MaxFailures - 1; i++) await farm.Store.RefuseSignInAsync("mira", "wrong password", "192.0.2.9", Cancellation);
        await farm.TryAsync("mira", "wrong");
        farm.Restart();

        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira"));
        Assert.Contains("the account is locked", (await farm.Store.FindLastEventAsync("account.refused", Cancellation))!.Data, StringComparison.Ordinal);
        await farm.Store.UnlockAccountAsync(mira.Id, Actor.Farm, Cancellation);
        await farm.LoginAsync("mira");
    }

    [Fact]
    public async Task A_hash_of_the_time_before_accounts_lets_in_and_is_made_anew()
    {
        await using var farm = await LoginFarm.StartAsync();
        byte[] salt = RandomNumberGenerator.GetBytes(16);
        string old = $"pbkdf2-sha512:210000:{Convert.ToBase64String(salt)}:{Convert.ToBase64String(Rfc2898DeriveBytes.Pbkdf2(LoginFarm.Password, salt, 210_000, HashAlgorithmName.SHA512, 64))}";
        await farm.CreateAsync("mira", a => a with { PasswordHash = old });

        await farm.LoginAsync("mira");

        Assert.True(PasswordHash.IsOfToday((await farm.FindAsync("mira")).PasswordHash));
        await farm.LoginAsync("mira");
    }

    [Fact]
    public async Task A_code_is_wanted_taken_once_and_wrong_ones_count_as_failures()
    {
        await using var farm = await LoginFarm.StartAsync();
        string key = await EnrolledAsync(farm, "mira");
        farm.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.IsType<LoginResult.CodeNeeded>(await farm.TryAsync("mira"));
        Assert.Equal(0, (await farm.FindAsync("mira")).Failures);
        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira", "wrong", farm.CodeOf(key)));
        Assert.IsType<LoginResult.WrongCode>(await farm.TryAsync("mira", code: "000000"));
        Assert.Equal(2, (await farm.FindAsync("mira")).Failures);
        await farm.LoginAsync("mira", code: farm.CodeOf(key));
        Assert.IsType<LoginResult.WrongCode>(await farm.TryAsync("mira", code: farm.CodeOf(key)));
        farm.Time.Advance(TimeSpan.FromSeconds(30));
        await farm.LoginAsync("mira", code: farm.CodeOf(key));
    }

    [Fact]
    public async Task A_recovery_code_lets_in_once()
    {
        await using var farm = await LoginFarm.StartAsync();
        var codes = await RecoveryCodesAsync(farm, "mira");

        await farm.LoginAsync("mira", recovery: codes[0].ToLowerInvariant());

        Assert.IsType<LoginResult.WrongCode>(await farm.TryAsync("mira", recovery: codes[0]));
        Assert.IsType<LoginResult.WrongCode>(await farm.TryAsync("mira", recovery: "AAAA-AAAA-AAAA-AAAA"));
        await farm.LoginAsync("mira", recovery: codes[1]);
        Assert.Equal(8, (await farm.FindAsync("mira")).RecoveryCodes.Length);
    }

    [Fact]
    public async Task A_password_that_must_be_changed_lets_do_that_and_nothing_else()
    {
        await using var farm = await LoginFarm.StartAsync();
        await farm.CreateAsync("mira", a => a with { MustChangePassword = true });
        var (first, other) = (await farm.LoginAsync("mira"), await farm.LoginAsync("mira"));
        Assert.Equal((SignInDuty.ChangePassword, false), (first.Principal.Duty, first.Principal.May(Right.FarmRead)));

        Assert.IsType<OwnChange.WrongPassword>(await PasswordAsync(farm, first, "wrong", "yellow tractor"));
        Assert.Contains("old one", Assert.IsType<OwnChange.Refused>(await PasswordAsync(farm, first, LoginFarm.Password, LoginFarm.Password)).Errors[0].Description, StringComparison.Ordinal);
        Assert.Equal(AccountErrors.InvalidPassword, Assert.IsType<OwnChange.Refused>(await PasswordAsync(farm, first, LoginFarm.Password, "short")).Errors[0].Code);
        Assert.IsType<OwnChange.Done>(await PasswordAsync(farm, first, LoginFarm.Password, "yellow tractor"));

        Assert.True((await farm.WhoAsync(first.Token))!.May(Right.FarmRead));
        Assert.Null(await farm.WhoAsync(other.Token));
        Assert.IsType<LoginResult.Wrong>(await farm.TryAsync("mira"));
        await farm.LoginAsync("mira", "yellow tractor");
    }

    [Fact]
    public async Task Where_codes_are_required_a_session_without_them_can_set_them_up_and_nothing_else()
    {
        await using var farm = await LoginFarm.StartAsync(new AccountSettings { RequireTotp = true });
        await farm.CreateAsync("mira");
        var welcome = await farm.LoginAsync("mira");
        Assert.Equal((SignInDuty.EnrolTotp, false), (welcome.Principal.Duty, welcome.Principal.May(Right.FarmRead)));

        string key = Assert.Single(Assert.IsType<OwnChange.Done>(await farm.Own.BeginTotpAsync(welcome.Principal, LoginFarm.Password, LoginFarm.Here, Cancellation)).Secrets);
        Assert.IsType<OwnChange.Refused>(await farm.Own.ConfirmTotpAsync(welcome.Principal, "000000", null, Cancellation));
        Assert.False((await farm.FindAsync("mira")).TotpEnabled);
        var done = Assert.IsType<OwnChange.Done>(await farm.Own.ConfirmTotpAsync(welcome.Principal, farm.CodeOf(key), null, Cancellation));

        Assert.Equal(AccountManager.RecoveryCodes, done.Secrets.Length);
        Assert.True((await farm.WhoAsync(welcome.Token))!.May(Right.FarmRead));
        Assert.IsType<LoginResult.WrongCode>(await farm.TryAsync("mira", code: farm.CodeOf(key)));
        Assert.IsType<OwnChange.Refused>(await farm.Own.BeginTotpAsync(welcome.Principal, LoginFarm.Password, LoginFarm.Here, Cancellation));
        Assert.IsType<OwnChange.Refused>(await farm.Own.ConfirmTotpAsync(welcome.Principal, farm.CodeOf(key), null, Cancellation));

        Assert.IsType<OwnChange.WrongPassword>(await farm.Own.RemoveTotpAsync(welcome.Principal, "wrong", LoginFarm.Here, Cancellation));
        Assert.IsType<OwnChange.Done>(await farm.Own.RemoveTotpAsync(welcome.Principal, LoginFarm.Password, LoginFarm.Here, Cancellation));
        Assert.Equal(SignInDuty.EnrolTotp, (await farm.WhoAsync(welcome.Token))!.Duty);
        var row = await farm.FindAsync("mira");
        Assert.Equal(("", false, 0), (row.TotpSecret, row.TotpEnabled, row.RecoveryCodes.Length));
    }

    private static async Task<string> EnrolledAsync(LoginFarm farm, string name)
    {
        await farm.CreateAsync(name);
        var who = (await farm.LoginAsync(name)).Principal;
        string key = ((OwnChange.Done)await farm.Own.BeginTotpAsync(who, LoginFarm.Password, LoginFarm.Here, Cancellation)).Secrets[0];
        Assert.IsType<OwnChange.Done>(await farm.Own.ConfirmTotpAsync(who, farm.CodeOf(key), null, Cancellation));
        return key;
    }

    private static async Task<System.Collections.Immutable.ImmutableArray<string>> RecoveryCodesAsync(LoginFarm farm, string name)
    {
        await farm.CreateAsync(name);
        var who = (await farm.LoginAsync(name)).Principal;
        string key = ((OwnChange.Done)await farm.Own.BeginTotpAsync(who, LoginFarm.Password, LoginFarm.Here, Cancellation)).Secrets[0];
        return ((OwnChange.Done)await farm.Own.ConfirmTotpAsync(who, farm.CodeOf(key), null, Cancellation)).Secrets;
    }

    private static Task<OwnChange> PasswordAsync(LoginFarm farm, LoginResult.Welcome welcome, string current, string fresh) =>
        farm.Own.ChangePasswordAsync(welcome.Principal, current, fresh, LoginFarm.Here, Cancellation);
}
