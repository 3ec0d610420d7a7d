using Microsoft.AspNetCore.Identity;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Accounts;

/// <summary>The framework's manager over our store, on a real database.</summary>
public sealed class AccountManagerTests : IAsyncLifetime
{
    private const string Password = "violet tractor";
    private static readonly Actor Admin = new("user:admin");

    private readonly ScratchFolder _folder = new();
    private FarmStore _store = null!;
    private SecretVault _vault = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await FarmStore.OpenAsync(new Quern.Storage.StoreOptions { Connection = $"sqlite:{_folder["farm.db"]}" }, TimeProvider.System, Cancellation);
        _vault = SecretVault.OfTotp(_folder["keys"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_new_account_has_a_hash_a_stamp_and_the_actor_in_the_journal()
    {
        using var manager = Manager();

        Assert.True((await manager.CreateAsync(Account.New("mira"), Password)).Succeeded);

        var row = (await _store.FindAccountAsync("mira", Cancellation))!;
        Assert.StartsWith("pbkdf2-sha512-prehash:210000:", row.PasswordHash, StringComparison.Ordinal);
        Assert.NotEqual("", row.SecurityStamp);
        Assert.Equal("user:admin", (await _store.FindLastEventAsync("account.saved", Cancellation))!.Actor);
        var found = (await manager.FindByNameAsync("mira"))!;
        Assert.True(await manager.CheckPasswordAsync(found, Password));
        Assert.False(await manager.CheckPasswordAsync(found, "violet tractors"));
    }

    [Theory]
    [InlineData("Mira", "", "", Password, AccountErrors.InvalidName)]
    [InlineData("mira", "nowhere", "", Password, AccountErrors.InvalidEmail)]
    [InlineData("mira", "", "12", Password, AccountErrors.InvalidPhone)]
    [InlineData("mira", "", "", "short", AccountErrors.InvalidPassword)]
    [InlineData("mira", "", "", "tractor of mira", AccountErrors.InvalidPassword)]
    public async Task A_broken_rule_is_named_and_nothing_is_stored(string name, string email, string phone, string password, string code)
    {
        using var manager = Manager();
        var account = Account.New(name);
        account.Row = account.Row with { Email = email, Phone = phone };

        var result = await manager.CreateAsync(account, password);

        Assert.Equal([code], result.Errors.Select(e => e.Code));
        Assert.False(await _store.HasAccountsAsync(Cancellation));
    }

    [Fact]
    public async Task Refusals_of_the_store_come_through_with_their_codes()
    {
        using var manager = Manager();
        var root = Account.New("root");
        root.Row = root.Row with { Roles = ["superuser"] };
        Assert.True((await manager.CreateAsync(root, Password)).Succeeded);
        var again = (await manager.FindByNameAsync("root"))!;

        Assert.Equal([AccountErrors.NameTaken], (await manager.CreateAsync(Account.New("root"), Password)).Errors.Select(e => e.Code));
        Assert.Equal([AccountErrors.LastSuperuser], (await manager.DeleteAsync(again)).Errors.Select(e => e.Code));
        root.Row = root.Row with { Email = "r@example.org" };
        Assert.True((await manager.UpdateAsync(root)).Succeeded);
        Assert.True((await manager.UpdateAsync(root)).Succeeded);
        Assert.Equal([AccountErrors.Outdated], (await manager.UpdateAsync(again)).Errors.Select(e => e.Code));
        root.Row = root.Row with { Roles = ["superuser", "wizard"] };
        Assert.Equal([AccountErrors.Unknown], (await manager.UpdateAsync(root)).Errors.Select(e => e.Code));
    }

    [Fact]
    public async Task An_imported_name_of_older_form_can_be_changed_but_not_made()
    {
        await _store.CreateAccountAsync(Account.New("Mira9").Row, Admin, Cancellation);
        using var manager = Manager();
        var account = (await manager.FindByNameAsync("Mira9"))!;
        account.Row = account.Row with { Email = "mira@example.org" };

        Assert.True((await manager.UpdateAsync(account)).Succeeded);
        Assert.Equal([AccountErrors.InvalidName], (await manager.CreateAsync(Account.New("Noor9"), Password)).Errors.Select(e => e.Code));
    }

    [Fact]
    public async Task A_changed_password_needs_the_old_one_and_ends_what_was_open_but_for_the_token_in_hand()
    {
        using (var first = Manager()) Assert.True((await first.CreateAsync(Account.New("mira"), Password)).Succeeded);
        var row = (await _store.FindAccountAsync("mira", Cancellation))!;
        foreach (string secret in (string[])["one", "two"])
            await _store.SaveTokenAsync(new StoredToken(Sha256Hash.Of(System.Text.Encoding.UTF8.GetBytes(secret)), "user:mira", "[]", default, null) { Account = row.Id }, Admin, Cancellation);
        string kept = (await _store.ListTokensAsync(row.Id, Cancellation))[0].Id;
        using var manager = new AccountManager(_store, _vault, TimeProvider.System, new Actor("user:mira"), kept);
        var account = (await manager.FindByNameAsync("mira"))!;

        Assert.False((await manager.ChangePasswordAsync(account, "wrong", "yellow tractor")).Succeeded);
        Assert.True((await manager.ChangePasswordAsync(account, Password, "yellow tractor")).Succeeded);

        Assert.Equal([kept], (await _store.ListTokensAsync(row.Id, Cancellation)).Select(t => t.Id));
        Assert.NotEqual(row.SecurityStamp, (await _store.FindAccountAsync("mira", Cancellation))!.SecurityStamp);
    }

    [Fact]
    public async Task A_one_time_secret_is_encrypted_in_the_database_and_its_codes_are_checked()
    {
        var time = new FixedTime(DateTimeOffset.FromUnixTimeSeconds(1111111109));
        using var manager = new AccountManager(_store, _vault, time, Admin);
        var account = Account.New("mira");
        await manager.CreateAsync(account, Password);

        Assert.True((await manager.ResetAuthenticatorKeyAsync(account)).Succeeded);
        Assert.True((await manager.SetTwoFactorEnabledAsync(account, true)).Succeeded);

        string key = (await manager.GetAuthenticatorKeyAsync(account))!;
        var row = (await _store.FindAccountAsync("mira", Cancellation))!;
        Assert.True(row.TotpEnabled);
        Assert.DoesNotContain(key, row.TotpSecret, StringComparison.Ordinal);
        byte[] secret = Base32.Decode(key)!;
        Assert.True(secret.Length >= 20);
        string code = Totp.CodeOf(secret, Totp.StepOf(time.GetUtcNow()));
        Assert.True(await manager.VerifyTwoFactorTokenAsync(account, TokenOptions.DefaultAuthenticatorProvider, code));
        await _store.UseTotpStepAsync(row.Id, Totp.StepOf(time.GetUtcNow()), Cancellation);
        Assert.False(await manager.VerifyTwoFactorTokenAsync((await manager.FindByNameAsync("mira"))!, TokenOptions.DefaultAuthenticatorProvider, code));
    }

    [Fact]
    public async Task Recovery_codes_are_given_out_once_kept_as_hashes_and_taken_once()
    {
        using var manager = Manager();
        var account = Account.New("mira");
        await manager.CreateAsync(account, Password);

        var codes = (await manager.GenerateNewTwoFactorRecoveryCodesAsync(account, AccountManager.RecoveryCodes))!.ToArray();

        Assert.Equal(AccountManager.RecoveryCodes, codes.Distinct().Count());
        Assert.All(codes, c => Assert.Matches("^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$", c));
        var row = (await _store.FindAccountAsync("mira", Cancellation))!;
        Assert.Equal(codes.Select(AccountStore.HashOfCode), row.RecoveryCodes);
        Assert.True((await manager.RedeemTwoFactorRecoveryCodeAsync(account, codes[3].ToLowerInvariant().Replace('-', ' '))).Succeeded);
        Assert.False((await manager.RedeemTwoFactorRecoveryCodeAsync(account, codes[3])).Succeeded);
        Assert.Equal(9, await manager.CountRecoveryCodesAsync((await manager.FindByNameAsync("mira"))!));
    }

    [Fact]
    public async Task A_locked_account_is_unlocked_in_the_name_of_who_does_it()
    {
        using var manager = Manager();
        await manager.CreateAsync(Account.New("mira"), Password);
        for (int i = 0; i < LockoutRule.MaxFailures; i++) await _store.RefuseSignInAsync("mira", "password", "::1", Cancellation);
        var account = (await manager.FindByNameAsync("mira"))!;
        Assert.True(await manager.IsLockedOutAsync(account));

        await manager.ResetAccessFailedCountAsync(account);
        await manager.SetLockoutEndDateAsync(account, null);

        Assert.False(await manager.IsLockedOutAsync((await manager.FindByNameAsync("mira"))!));
        Assert.Equal("user:admin", (await _store.FindLastEventAsync("account.unlocked", Cancellation))!.Actor);
    }

    private AccountManager Manager() => new(_store, _vault, TimeProvider.System, Admin);

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
