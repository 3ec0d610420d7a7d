using Microsoft.AspNetCore.Identity;

using Quern.Model;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>What administrators do for somebody who cannot get in.</summary>
internal sealed class UserDesk(AccountRoom room, TokenBook tokens)
{
    /// <summary>Ends a lock that refused sign-ins brought about.</summary>
    public Task<UserChange> UnlockAsync(Principal who, string name, CancellationToken cancellationToken) =>
        ChangeAsync(who, name, async (_, account) =>
        {
            await room.Store.UnlockAccountAsync(account.Row.Id, who.Actor, cancellationToken);
            return IdentityResult.Success;
        });

    /// <summary>Sets a password that its owner must change; sessions and tokens of the account end.</summary>
    public Task<UserChange> SetPasswordAsync(Principal who, string name, string password) =>
        ChangeAsync(who, name, (manager, account) => manager.SetPasswordAsync(account, password));

    /// <summary>Takes one-time codes off somebody who lost the device.</summary>
    public Task<UserChange> RemoveTotpAsync(Principal who, string name) =>
        ChangeAsync(who, name, (manager, account) =>
        {
            account.Row = account.Row with { TotpSecret = "", RecoveryCodes = [] };
            return manager.SetTwoFactorEnabledAsync(account, false);
        });

    private async Task<UserChange> ChangeAsync(Principal who, string name, Func<AccountManager, Account, Task<IdentityResult>> change)
    {
        using var manager = room.Open(who.Actor);
        if (AccountRules.KnownName(name) is not null || await manager.FindByNameAsync(name) is not { } account) return new UserChange.NotFound();
        // Whoever sets a superuser's password can be that superuser.
        if (account.Row.IsSuperuser && !who.May(Right.All)) return new UserChange.Forbidden("Only a superuser does this for a superuser.");
        if (account.Row.Id == who.Account) return new UserChange.Forbidden("For the own account use /api/v1/account, which asks for the password.");
        var result = await change(manager, account);
        tokens.Forget();
        return result.Succeeded ? new UserChange.Done() : new UserChange.Refused(string.Join(' ', result.Errors.Select(e => e.Description)));
    }
}
