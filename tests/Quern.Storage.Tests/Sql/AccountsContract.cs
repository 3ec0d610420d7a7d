using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

public abstract class AccountsContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly StoredRole Operator = new("operator", RoleScope.Farm, "Runs things", ["worker:write", "group:list"]);

    [Fact]
    public async Task An_account_comes_back_as_it_was_stored_and_its_event_holds_no_secret()
    {
        await Store.EnsureBuiltInRolesAsync([Operator], Actor.Farm, Cancellation);
        var mira = AccountOf("mira", "operator", "superuser") with
        {
            Email = "mira@example.org",
            Phone = "+4912345678",
            PasswordHash = "the-hash",
            SecurityStamp = "the-stamp",
            TotpSecret = "the-secret",
            TotpEnabled = true,
            MustChangePassword = true,
            RecoveryCodes = ["the-code"],
            ExpiresAt = Time.GetUtcNow() + TimeSpan.FromDays(3),
        };

        Assert.Equal(new AccountChange.Saved(1), await Store.CreateAccountAsync(mira, Someone, Cancellation));

        var found = (await Store.FindAccountAsync("mira", Cancellation))!;
        Assert.Equal(mira with { Revision = 1, CreatedAt = Time.GetUtcNow(), Roles = found.Roles, RecoveryCodes = found.RecoveryCodes }, found);
        Assert.Equal(["operator", "superuser"], found.Roles);
        Assert.Equal(["the-code"], found.RecoveryCodes);
        Assert.Equal("mira", (await Store.FindAccountByIdAsync(mira.Id, Cancellation))!.Name);
        Assert.Null(await Store.FindAccountAsync("Mira", Cancellation));
        var saved = (await Store.FindLastEventAsync("account.saved", Cancellation))!;
        Assert.Equal(("mira", Someone.Name), (saved.Subject, saved.Actor));
        Assert.DoesNotContain("the-", saved.Data, StringComparison.Ordinal);
        Assert.Equal("mira@example.org", JsonNode.Parse(saved.Data)!["after"]!["email"]!.ToString());
    }

    [Fact]
    public async Task A_name_is_taken_once_and_a_role_must_be_there()
    {
        await CreateAsync("mira");

        Assert.IsType<AccountChange.NameTaken>(await Store.CreateAccountAsync(AccountOf("mira"), Someone, Cancellation));
        Assert.Equal(new AccountChange.Unknown("wizard"), await Store.CreateAccountAsync(AccountOf("other", "wizard"), Someone, Cancellation));
        await Store.EnsureBuiltInRolesAsync([new StoredRole("viewer", RoleScope.Group, "", [])], Actor.Farm, Cancellation);
        Assert.Equal(new AccountChange.Unknown("viewer"), await Store.CreateAccountAsync(AccountOf("other", "viewer"), Someone, Cancellation));
        var other = await CreateAsync("other");
        Assert.IsType<AccountChange.NameTaken>(await Store.UpdateAccountAsync(other with { Name = "mira" }, Someone, null, Cancellation));

        Assert.Equal(["mira", "other"], (await Store.ListAccountsAsync("", 10, Cancellation)).Select(a => a.Name));
        Assert.Equal(["other"], (await Store.ListAccountsAsync("mira", 10, Cancellation)).Select(a => a.Name));
        Assert.Equal(["account.saved", "role.saved", "account.saved"], await KindsAsync());
    }

    [Fact]
    public async Task A_change_from_an_old_revision_is_refused()
    {
        var read = await CreateAsync("mira");

        Assert.Equal(new AccountChange.Saved(2), await Store.UpdateAccountAsync(read with { Email = "a@example.org" }, Someone, null, Cancellation));
        Assert.Equal(new AccountChange.Outdated(2), await Store.UpdateAccountAsync(read with { Phone = "+49123456789" }, Someone, null, Cancellation));
        Assert.IsType<AccountChange.NotFound>(await Store.UpdateAccountAsync(AccountOf("nobody") with { Revision = 1 }, Someone, null, Cancellation));

        var now = (await Store.FindAccountAsync("mira", Cancellation))!;
        Assert.Equal(("a@example.org", "", 2), (now.Email, now.Phone, now.Revision));
        var data = JsonNode.Parse((await Store.FindLastEventAsync("account.saved", Cancellation))!.Data)!;
        Assert.Equal(("", "a@example.org"), (data["before"]!["email"]!.ToString(), data["after"]!["email"]!.ToString()));
    }

    [Fact]
    public async Task The_last_superuser_can_be_neither_disabled_nor_expired_nor_demoted_nor_removed()
    {
        var root = await CreateAsync("root", "superuser");
        await CreateAsync("ends", account => account with { Roles = ["superuser"], ExpiresAt = Time.GetUtcNow() + TimeSpan.FromDays(1) });
        await CreateAsync("disabled", account => account with { Roles = ["superuser"], Disabled = true });

        Assert.IsType<AccountChange.LastSuperuser>(await Store.UpdateAccountAsync(root with { Disabled = true }, Someone, null, Cancellation));
        Assert.IsType<AccountChange.LastSuperuser>(await Store.UpdateAccountAsync(root with { Roles = [] }, Someone, null, Cancellation));
        Assert.IsType<AccountChange.LastSuperuser>(
            await Store.UpdateAccountAsync(root with { ExpiresAt = Time.GetUtcNow() + TimeSpan.FromDays(900) }, Someone, null, Cancellation));
        Assert.IsType<AccountChange.LastSuperuser>(await Store.RemoveAccountAsync(root.Id, null, Someone, Cancellation));

        await CreateAsync("second", "superuser");
        Assert.IsType<AccountChange.Removed>(await Store.RemoveAccountAsync(root.Id, null, Someone, Cancellation));
        Assert.Null(await Store.FindAccountAsync("root", Cancellation));
    }

    [Fact]
    public async Task Of_two_superusers_who_go_at_the_same_time_one_stays()
    {
        var other = await OpenAsync(new StoreOptions { Connection = Connection });
        for (int round = 0; round < 10; round++)
        {
            var (a, b) = (await CreateAsync($"a{round}", "superuser"), await CreateAsync($"b{round}", "superuser"));
            var changes = await Task.WhenAll(
                Store.UpdateAccountAsync(a with { Disabled = true }, Someone, null, Cancellation),
                round % 2 == 0
                    ? other.RemoveAccountAsync(b.Id, null, Someone, Cancellation)
                    : other.UpdateAccountAsync(b with { Roles = [] }, Someone, null, Cancellation));

            Assert.Single(changes, c => c is AccountChange.LastSuperuser);
            var left = Assert.Single(await Store.ListAccountsAsync("", 100, Cancellation), x => x is { IsSuperuser: true, Disabled: false });
            await CreateAsync($"c{round}", "superuser");
            Assert.IsType<AccountChange.Removed>(await Store.RemoveAccountAsync(left.Id, null, Someone, Cancellation));
            await Store.WriteAsync(async w => await w.Sql.ExecuteAsync("UPDATE accounts SET disabled = 1"), Cancellation);
        }
    }

    [Fact]
    public async Task Failures_lock_an_account_until_it_is_unlocked_and_are_forgotten_after_a_day()
    {
        var mira = await CreateAsync("mira");
        for (int i = 0; i < LockoutRule.MaxFailures - 1; i++) await Store.RefuseSignInAsync("mira", "password", "192.0.2.1", Cancellation);
        Assert.Null((await Store.FindAccountAsync("mira", Cancellation))!.LockedUntil);

        Time.Advance(LockoutRule.Window);
        Assert.Equal((1, null), ((await Store.RefuseSignInAsync("mira", "password", "192.0.2.1", Cancellation))!.Failures, (await Store.FindAccountAsync("mira", Cancellation))!.LockedUntil));
        for (int i = 1; i < LockoutRule.MaxFailures; i++) await Store.RefuseSignInAsync("mira", "password", "192.0.2.1", Cancellation);

        Assert.Equal(LockoutRule.UntilUnlocked, (await Store.FindAccountAsync("mira", Cancellation))!.LockedUntil);
        Assert.Equal("""{"reason":"password","address":"192.0.2.1","locked":true}""", (await Store.FindLastEventAsync("account.refused", Cancellation))!.Data);
        Assert.Equal(mira.Revision, (await Store.FindAccountAsync("mira", Cancellation))!.Revision);
        Assert.Equal(SignInResult.AccountChanged, await Store.SignInAsync(new SignIn(mira, SessionOf(mira, "s"), "::1"), Cancellation));

        Assert.True(await Store.UnlockAccountAsync(mira.Id, Someone, Cancellation));
        Assert.False(await Store.UnlockAccountAsync("nobody", Someone, Cancellation));
        var free = (await Store.FindAccountAsync("mira", Cancellation))!;
        Assert.Equal((0, null), (free.Failures, free.LockedUntil));
        Assert.Equal("account.unlocked", (await KindsAsync())[^1]);
    }

    [Fact]
    public async Task A_refused_sign_in_of_nobody_is_kept_too()
    {
        Assert.Null(await Store.RefuseSignInAsync("ghost", "unknown user", "192.0.2.1", Cancellation));

        var refused = (await Store.FindLastEventAsync("account.refused", Cancellation))!;
        Assert.Equal(("ghost", "stranger", """{"reason":"unknown user","address":"192.0.2.1"}"""), (refused.Subject, refused.Actor, refused.Data));
    }

    [Fact]
    public async Task A_sign_in_forgets_failures_and_stores_its_session()
    {
        var mira = await CreateAsync("mira");
        await Store.RefuseSignInAsync("mira", "password", "::1", Cancellation);

        Assert.Equal(SignInResult.SignedIn, await Store.SignInAsync(new SignIn(mira, SessionOf(mira, "s"), "::1") { NewPasswordHash = "better" }, Cancellation));

        var now = (await Store.FindAccountAsync("mira", Cancellation))!;
        Assert.Equal((0, null, "better", Time.GetUtcNow(), 2), (now.Failures, now.FailuresSince, now.PasswordHash, now.LastSignInAt, now.Revision));
        Assert.Equal(mira.Id, (await Store.FindBearerAsync(HashOf("s"), Cancellation))!.Account!.Id);
        Assert.Equal(SignInResult.AccountChanged, await Store.SignInAsync(new SignIn(mira, SessionOf(mira, "t"), "::1"), Cancellation));
        Assert.Null(await Store.FindBearerAsync(HashOf("t"), Cancellation));
    }

    [Fact]
    public async Task A_code_signs_in_once_also_when_it_is_given_twice_at_once()
    {
        var other = await OpenAsync(new StoreOptions { Connection = Connection });
        var mira = await CreateAsync("mira", a => a with { RecoveryCodes = ["one", "two"] });
        SignIn Step(long step, string session) => new(mira, SessionOf(mira, session), "::1") { TotpStep = step };

        var both = await Task.WhenAll(Store.SignInAsync(Step(100, "a"), Cancellation), other.SignInAsync(Step(100, "b"), Cancellation));

        Assert.Equal([SignInResult.SignedIn, SignInResult.CodeUsed], both.Order());
        Assert.Equal(SignInResult.CodeUsed, await Store.SignInAsync(Step(99, "c"), Cancellation));
        Assert.Equal(SignInResult.SignedIn, await Store.SignInAsync(Step(101, "d"), Cancellation));
        Assert.False(await Store.UseTotpStepAsync(mira.Id, 101, Cancellation));
        Assert.True(await Store.UseTotpStepAsync(mira.Id, 102, Cancellation));

        var recovery = new SignIn(mira, SessionOf(mira, "e"), "::1") { RecoveryCode = "one" };
        Assert.Equal(SignInResult.SignedIn, await Store.SignInAsync(recovery, Cancellation));
        Assert.Equal(SignInResult.CodeUsed, await Store.SignInAsync(recovery with { Session = SessionOf(mira, "f") }, Cancellation));
        Assert.Equal(["two"], (await Store.FindAccountAsync("mira", Cancellation))!.RecoveryCodes);
        Assert.IsType<AccountChange.Outdated>(await Store.UpdateAccountAsync(mira with { Email = "x@example.org" }, Someone, null, Cancellation));
    }

    [Fact, Trait("CWE", "367")]
    public async Task Of_many_with_the_same_recovery_code_at_once_one_is_let_in()
    {
        var mira = await CreateAsync("mira", a => a with { RecoveryCodes = ["one", "two"] });
        var session = SessionOf(mira, "session");
        Assert.Equal(SignInResult.SignedIn, await Store.SignInAsync(new SignIn(mira, session, "::1"), Cancellation));

        // Half of them sign in, half prove again that it is them.
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => i % 2 == 0
            ? Store.SignInAsync(new SignIn(mira, SessionOf(mira, $"s{i}"), "::1") { RecoveryCode = "one" }, Cancellation)
            : Store.ProveAsync(new SignIn(mira, session, "::1") { RecoveryCode = "one" }, "http", Cancellation)));

        Assert.Equal((1, 11), (results.Count(r => r == SignInResult.SignedIn), results.Count(r => r == SignInResult.CodeUsed)));
        Assert.Equal(["two"], (await Store.FindAccountAsync("mira", Cancellation))!.RecoveryCodes);
    }

    [Fact]
    public async Task A_proof_given_again_is_kept_with_its_session_and_uses_up_its_code()
    {
        var mira = await CreateAsync("mira", a => a with { RecoveryCodes = ["one"] });
        var began = Time.GetUtcNow();
        var session = SessionOf(mira, "s") with { ProvedAt = began };
        Assert.Equal(SignInResult.SignedIn, await Store.SignInAsync(new SignIn(mira, session, "::1"), Cancellation));
        Assert.Equal(began, (await Store.FindTokenAsync(session.Id, Cancellation))!.ProvedAt);
        await Store.RefuseSignInAsync("mira", "password", "::1", Cancellation);
        Time.Advance(TimeSpan.FromHours(1));

        var proof = new SignIn(mira, session, "192.0.2.1") { RecoveryCode = "one" };
        Assert.Equal(SignInResult.SignedIn, await Store.ProveAsync(proof, "http", Cancellation));

        var other = await OpenAsync(new StoreOptions { Connection = Connection });
        Assert.Equal(began + TimeSpan.FromHours(1), (await other.FindTokenAsync(session.Id, Cancellation))!.ProvedAt);
        var now = (await Store.FindAccountAsync("mira", Cancellation))!;
        Assert.Equal((0, 0, began), (now.Failures, now.RecoveryCodes.Length, now.LastSignInAt));
        var told = (await Store.FindLastEventAsync("account.proved", Cancellation))!;
        Assert.Equal(("mira", "user:mira", $$"""{"address":"192.0.2.1","door":"http","token":"{{session.Id}}","recovery_codes_left":0}"""), (told.Subject, told.Actor, told.Data));
        Assert.Equal(SignInResult.CodeUsed, await Store.ProveAsync(proof, "http", Cancellation));
    }

    [Fact]
    public async Task A_session_that_has_ended_or_is_another_s_proves_nothing()
    {
        var (mira, noor) = (await CreateAsync("mira"), await CreateAsync("noor"));
        var session = SessionOf(mira, "s") with { ProvedAt = Time.GetUtcNow() };
        await Store.SignInAsync(new SignIn(mira, session, "::1"), Cancellation);
        Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(SignInResult.AccountChanged, await Store.ProveAsync(new SignIn(noor, session, "::1"), "http", Cancellation));
        Assert.Equal(SignInResult.AccountChanged, await Store.ProveAsync(new SignIn(mira, SessionOf(mira, "none"), "::1"), "http", Cancellation));
        Assert.Equal(SignInResult.AccountChanged, await Store.ProveAsync(new SignIn(mira with { PasswordHash = "old" }, session, "::1"), "http", Cancellation));
        Assert.Equal(session.ProvedAt, (await Store.FindTokenAsync(session.Id, Cancellation))!.ProvedAt);
        Time.Advance(TimeSpan.FromHours(12));
        Assert.Equal(SignInResult.AccountChanged, await Store.ProveAsync(new SignIn(mira, session, "::1"), "http", Cancellation));
        Assert.Null(await Store.FindLastEventAsync("account.proved", Cancellation));
    }

    [Fact]
    public async Task A_new_password_a_lost_role_and_disabling_end_tokens_but_for_the_one_in_hand()
    {
        await Store.EnsureBuiltInRolesAsync([Operator], Actor.Farm, Cancellation);
        var mira = await CreateAsync("mira", "operator");
        var kept = SessionOf(mira, "kept");
        await Store.SaveTokenAsync(kept, Someone, Cancellation);

        async Task<int> EndedAsync(Func<StoredAccount, StoredAccount> change, string? keep)
        {
            await Store.SaveTokenAsync(SessionOf(mira, $"{Guid.NewGuid()}"), Someone, Cancellation);
            var now = (await Store.FindAccountAsync("mira", Cancellation))!;
            return Assert.IsType<AccountChange.Saved>(await Store.UpdateAccountAsync(change(now), Someone, keep, Cancellation)).TokensEnded;
        }

        Assert.Equal(0, await EndedAsync(a => a with { Email = "m@example.org" }, kept.Id));
        Assert.Equal(2, await EndedAsync(a => a with { PasswordHash = "new" }, kept.Id));
        Assert.Equal(1, await EndedAsync(a => a with { Roles = [] }, kept.Id));
        Assert.Equal([kept.Id], (await Store.ListTokensAsync(mira.Id, Cancellation)).Select(t => t.Id));
        Assert.Equal(2, await EndedAsync(a => a with { Disabled = true }, null));
        Assert.False(await Store.SaveTokenAsync(SessionOf(mira, "late"), Someone, Cancellation));
    }

    [Fact, Trait("CWE", "367")]
    public async Task What_a_session_asks_for_when_a_new_password_ends_it_ends_too()
    {
        var mira = await CreateAsync("mira");
        for (int round = 0; round < 20; round++)
        {
            var session = SessionOf(mira, $"session {round}");
            Assert.True(await Store.SaveTokenAsync(session, Someone, Cancellation));
            var now = (await Store.FindAccountAsync("mira", Cancellation))!;

            var asking = Enumerable.Range(0, 8).Select(i => Store.SaveTokenAsync(SessionOf(mira, $"token {round} {i}"), session.Id, Someone, Cancellation)).ToList();
            var changing = Store.UpdateAccountAsync(now with { PasswordHash = $"hash {round}" }, Someone, null, Cancellation);
            asking.AddRange(Enumerable.Range(8, 8).Select(i => Store.SaveTokenAsync(SessionOf(mira, $"token {round} {i}"), session.Id, Someone, Cancellation)));

            Assert.IsType<AccountChange.Saved>(await changing);
            await Task.WhenAll(asking);
            Assert.Empty(await Store.ListTokensAsync(mira.Id, Cancellation));
            Assert.False(await Store.SaveTokenAsync(SessionOf(mira, $"late {round}"), session.Id, Someone, Cancellation));
        }
    }

    private protected static StoredAccount AccountOf(string name, params string[] roles) => new() { Id = $"{Guid.NewGuid()}", Name = name, Roles = [.. roles] };

    private Task<StoredAccount> CreateAsync(string name, params string[] roles) => CreateAsync(name, a => a with { Roles = [.. roles] });

    private async Task<StoredAccount> CreateAsync(string name, Func<StoredAccount, StoredAccount> with)
    {
        Assert.IsType<AccountChange.Saved>(await Store.CreateAccountAsync(with(AccountOf(name)), Someone, Cancellation));
        return (await Store.FindAccountAsync(name, Cancellation))!;
    }

    private StoredToken SessionOf(StoredAccount account, string secret) =>
        new(HashOf(secret), $"user:{account.Name}", """["*"]""", Time.GetUtcNow(), Time.GetUtcNow() + TimeSpan.FromHours(12)) { Account = account.Id, Kind = TokenKind.Session };
}
