using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>The farm's accounts with what their secrets need.</summary>
internal sealed class AccountRoom(FarmStore store, SecretVault vault, TimeProvider time)
{
    public FarmStore Store => store;

    /// <summary>The user manager for one actor; the caller disposes it.</summary>
    /// <param name="keepToken">The token that a change of the own credentials leaves alone; null for none.</param>
    public AccountManager Open(Actor actor, string? keepToken = null) => new(store, vault, time, actor, keepToken);

    /// <summary>The step of a one-time code of this account; null for a wrong or used one.</summary>
    public async Task<long?> TotpStepAsync(StoredAccount account, string code)
    {
        using var manager = Open(Actor.Farm);
        return await new TotpProvider(time).StepAsync(manager, new Account(account), code);
    }
}
