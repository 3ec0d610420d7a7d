using System.Net;
using Microsoft.AspNetCore.Identity;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>What people do to their own account. The password is asked for again: a session that was left open is not enough.</summary>
internal sealed class OwnAccount(AccountRoom room, Doorkeeper door, TokenBook tokens)
{
    /// <summary>The account behind a session; null when it is gone.</summary>
    public Task<StoredAccount?> FindAsync(Principal who, CancellationToken cancellationToken) => room.Store.FindAccountByIdAsync(who.Account, cancellationToken);

    /// <summary>Sets a new password; other sessions and tokens of the account end.</summary>
    public Task<OwnChange> ChangePasswordAsync(Principal who, string current, string fresh, IPAddress from, CancellationToken cancellationToken) =>
        WithPasswordAsync(who, current, from, async (manager, account) =>
        {
            if (SamePassword(current, fresh) is { } same) return Refused(AccountErrors.InvalidPassword, same);
            account.Row = account.Row with { MustChangePassword = false };
            return ResultOf(await manager.ChangePasswordAsync(account, current, fresh));
        }, cancellationToken);

    /// <summary>A change of the password must be one.</summary>
    public static string? SamePassword(string current, string fresh) =>
        PasswordHash.PreHashOf(current) == PasswordHash.PreHashOf(fresh) ? "The new password is the old one." : null;

    /// <summary>Makes a new secret for one-time codes, which counts once its first code was given. Answers with the secret in base 32.</summary>
    public Task<OwnChange> BeginTotpAsync(Principal who, string password, IPAddress from, CancellationToken cancellationToken) =>
        WithPasswordAsync(who, password, from, async (manager, account) =>
        {
            if (account.Row.TotpEnabled) return Refused("totp-enabled", "The account has one-time codes already. Remove them first.");
            var result = await manager.ResetAuthenticatorKeyAsync(account);
            return result.Succeeded ? new OwnChange.Done([(await manager.GetAuthenticatorKeyAsync(account))!]) : ResultOf(result);
        }, cancellationToken);

    /// <summary>Takes the first code of a new secret. Answers with recovery codes, which are seen this once.</summary>
    public async Task<OwnChange> ConfirmTotpAsync(Principal who, string code, IPAddress? from, CancellationToken cancellationToken)
    {
        using var manager = room.Open(who.Actor with { Address = $"{from}" }, who.TokenId);
        if (await manager.FindByIdAsync(who.Account) is not { } account) return new OwnChange.WrongPassword();
        if (account.Row.TotpEnabled || account.Row.TotpSecret.Length == 0) return Refused("totp-not-begun", "No secret waits for its first code. Begin anew.");
        if (await room.TotpStepAsync(account.Row, code) is not { } step || !await room.Store.UseTotpStepAsync(who.Account, step, cancellationToken))
            return Refused("wrong-code", "The code is wrong. See that the clock of your device is right, and take the next one.");
        account.Row = account.Row with { TotpEnabled = true };
        var codes = await manager.GenerateNewTwoFactorRecoveryCodesAsync(account, AccountManager.RecoveryCodes);
        tokens.Forget();
        return codes is null ? Refused(AccountErrors.Outdated, "Somebody else changed the account meanwhile. Begin anew.") : new OwnChange.Done([.. codes]);
    }

    /// <summary>Goes back to the password alone.</summary>
    public Task<OwnChange> RemoveTotpAsync(Principal who, string password, IPAddress from, CancellationToken cancellationToken) =>
        WithPasswordAsync(who, password, from, async (manager, account) =>
        {
            account.Row = account.Row with { TotpSecret = "", RecoveryCodes = [] };
            return ResultOf(await manager.SetTwoFactorEnabledAsync(account, false));
        }, cancellationToken);

    private async Task<OwnChange> WithPasswordAsync(
        Principal who, string password, IPAddress from, Func<AccountManager, Account, Task<OwnChange>> change, CancellationToken cancellationToken)
    {
        if (await FindAsync(who, cancellationToken) is not { } named) return new OwnChange.WrongPassword();
        switch (await door.CheckAsync(new LoginAttempt(named.Name, password, from), cancellationToken))
        {
            case PasswordCheck.TooMany many: return new OwnChange.TooMany(many.RetryAfter);
            case PasswordCheck.Right right:
                using (var manager = room.Open(who.Actor with { Address = $"{from}" }, who.TokenId))
                {
                    var done = await change(manager, new Account(right.Account));
                    tokens.Forget();
                    return done;
                }
            default: return new OwnChange.WrongPassword();
        }
    }

    private static OwnChange ResultOf(IdentityResult result) => result.Succeeded
        ? new OwnChange.Done([])
        : new OwnChange.Refused([.. result.Errors]);

    private static OwnChange.Refused Refused(string code, string text) => new([AccountErrors.Error(code, text)]);
}
