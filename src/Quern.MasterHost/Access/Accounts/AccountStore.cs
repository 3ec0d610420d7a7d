using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>The framework's view of the farm's accounts. One object serves one actor.</summary>
/// <param name="keepToken">The token that a change of the own credentials leaves alone; null for none.</param>
internal sealed class AccountStore(FarmStore store, SecretVault vault, Actor actor, string? keepToken) :
    IUserPasswordStore<Account>, IUserSecurityStampStore<Account>, IUserLockoutStore<Account>, IUserTwoFactorStore<Account>,
    IUserAuthenticatorKeyStore<Account>, IUserTwoFactorRecoveryCodeStore<Account>
{
    public async Task<IdentityResult> CreateAsync(Account user, CancellationToken cancellationToken) =>
        ResultOf(user, await store.CreateAccountAsync(user.Row, actor, cancellationToken));

    public async Task<IdentityResult> UpdateAsync(Account user, CancellationToken cancellationToken) =>
        ResultOf(user, await store.UpdateAccountAsync(user.Row, actor, keepToken, cancellationToken));

    public async Task<IdentityResult> DeleteAsync(Account user, CancellationToken cancellationToken) =>
        ResultOf(user, await store.RemoveAccountAsync(user.Row.Id, null, actor, cancellationToken));

    public async Task<Account?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        await store.FindAccountByIdAsync(userId, cancellationToken) is { } row ? new Account(row) : null;

    public async Task<Account?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        await store.FindAccountAsync(normalizedUserName, cancellationToken) is { } row ? new Account(row) : null;

    public Task<string> GetUserIdAsync(Account user, CancellationToken cancellationToken) => Task.FromResult(user.Row.Id);

    public Task<string?> GetUserNameAsync(Account user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Row.Name);

    public Task SetUserNameAsync(Account user, string? userName, CancellationToken cancellationToken) => Set(user, r => r with { Name = userName ?? "" });

    // Names are case-sensitive: the normal form is the name.
    public Task<string?> GetNormalizedUserNameAsync(Account user, CancellationToken cancellationToken) => GetUserNameAsync(user, cancellationToken);

    public Task SetNormalizedUserNameAsync(Account user, string? normalizedName, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SetPasswordHashAsync(Account user, string? passwordHash, CancellationToken cancellationToken) => Set(user, r => r with { PasswordHash = passwordHash ?? "" });

    public Task<string?> GetPasswordHashAsync(Account user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Row.PasswordHash.Length == 0 ? null : user.Row.PasswordHash);

    public Task<bool> HasPasswordAsync(Account user, CancellationToken cancellationToken) => Task.FromResult(user.Row.PasswordHash.Length > 0);

    public Task SetSecurityStampAsync(Account user, string stamp, CancellationToken cancellationToken) => Set(user, r => r with { SecurityStamp = stamp });

    public Task<string?> GetSecurityStampAsync(Account user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Row.SecurityStamp);

    public Task<DateTimeOffset?> GetLockoutEndDateAsync(Account user, CancellationToken cancellationToken) => Task.FromResult(user.Row.LockedUntil);

    /// <summary>Unlocks at once. Locking is what refused sign-ins do (<see cref="LockoutRule"/>) and nobody else.</summary>
    public async Task SetLockoutEndDateAsync(Account user, DateTimeOffset? lockoutEnd, CancellationToken cancellationToken)
    {
        if (lockoutEnd is not null) throw new NotSupportedException("An account is locked by refused sign-ins; to shut somebody out, disable the account.");
        await ResetAccessFailedCountAsync(user, cancellationToken);
    }

    /// <summary>Not kept by the framework's hand: a refused sign-in is counted with its reason and address (<see cref="FarmStore.RefuseSignInAsync"/>).</summary>
    public Task<int> IncrementAccessFailedCountAsync(Account user, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A refused sign-in is counted together with its reason and address.");

    public async Task ResetAccessFailedCountAsync(Account user, CancellationToken cancellationToken)
    {
        await store.UnlockAccountAsync(user.Row.Id, actor, cancellationToken);
        user.Row = user.Row with { Failures = 0, FailuresSince = null, LockedUntil = null };
    }

    public Task<int> GetAccessFailedCountAsync(Account user, CancellationToken cancellationToken) => Task.FromResult(user.Row.Failures);

    public Task<bool> GetLockoutEnabledAsync(Account user, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task SetLockoutEnabledAsync(Account user, bool enabled, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SetTwoFactorEnabledAsync(Account user, bool enabled, CancellationToken cancellationToken) => Set(user, r => r with { TotpEnabled = enabled });

    public Task<bool> GetTwoFactorEnabledAsync(Account user, CancellationToken cancellationToken) => Task.FromResult(user.Row.TotpEnabled);

    /// <param name="key">In base 32; empty for none.</param>
    public Task SetAuthenticatorKeyAsync(Account user, string key, CancellationToken cancellationToken) =>
        Set(user, r => r with { TotpSecret = key.Length == 0 ? "" : vault.CloseText(key, r.Id) });

    public Task<string?> GetAuthenticatorKeyAsync(Account user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Row.TotpSecret.Length == 0 ? null : vault.OpenText(user.Row.TotpSecret, user.Row.Id));

    public Task ReplaceCodesAsync(Account user, IEnumerable<string> recoveryCodes, CancellationToken cancellationToken) =>
        Set(user, r => r with { RecoveryCodes = [.. recoveryCodes.Select(HashOfCode)] });

    /// <summary>Takes a code off the account in hand; it is used up when that is saved, or by the sign-in that names it.</summary>
    public Task<bool> RedeemCodeAsync(Account user, string code, CancellationToken cancellationToken)
    {
        string hash = HashOfCode(code);
        bool known = user.Row.RecoveryCodes.Contains(hash);
        user.Row = user.Row with { RecoveryCodes = user.Row.RecoveryCodes.Remove(hash) };
        return Task.FromResult(known);
    }

    public Task<int> CountCodesAsync(Account user, CancellationToken cancellationToken) => Task.FromResult(user.Row.RecoveryCodes.Length);

    public void Dispose() { }

    /// <summary>A recovery code as it is kept: people may type it without hyphens and in small letters. 80 random bits need no slow hash.</summary>
    public static string HashOfCode(string code)
    {
        string plain = code.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(plain)));
    }

    private static Task Set(Account user, Func<StoredAccount, StoredAccount> change)
    {
        user.Row = change(user.Row);
        return Task.CompletedTask;
    }

    private static IdentityResult ResultOf(Account user, AccountChange change)
    {
        if (change is AccountChange.Saved saved) user.Row = user.Row with { Revision = saved.Revision };
        return change is AccountChange.Saved or AccountChange.Removed ? IdentityResult.Success : IdentityResult.Failed(AccountErrors.Of(change));
    }
}
