using System.Collections.Immutable;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>Accounts. What the own account may do to itself is decided here too, with the password where that is asked for.</summary>
internal sealed partial class UserDesk(AccountRoom room, Doorkeeper door, TokenBook tokens, RefusalBook refusals, TimeProvider time) : IUserDesk
{
    /// <summary>Called when an account that is gone has handed over what it owned. Set once, before the first request.</summary>
    public Func<CancellationToken, Task> HandedOver { get; set; } = _ => Task.CompletedTask;

    public Task<EstateAnswer> CreateAsync(Caller who, NewUser user, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "user.create", user.Name, MakeAsync(who, user, cancellationToken), cancellationToken);

    public Task<EstateAnswer> UpdateAsync(Caller who, UserEdit edit, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "user.update", edit.Name, ChangeAsync(who, edit, cancellationToken), cancellationToken);

    public Task<EstateAnswer> RemoveAsync(Caller who, string name, string transferTo, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "user.delete", name, DropAsync(who, name, transferTo, cancellationToken), cancellationToken);

    public Task<EstateAnswer> RemoveTotpAsync(Caller who, string name, string password, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "user.reset-totp", name, DropTotpAsync(who, name, password, cancellationToken), cancellationToken);

    public async Task<Page<UserFacts>> ListAsync(Caller who, string prefix, string after, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, 1000);
        if (who.May(Right.UserList))
        {
            // No name has anything else in it, and no database is asked for it.
            if (prefix.Any(c => c is <= ' ' or >= '\u007f') || after.Any(c => c is <= ' ' or >= '\u007f')) return new Page<UserFacts>([]);
            var rows = await room.Store.ListAccountsAsync(prefix, after, limit, cancellationToken);
            return new Page<UserFacts>([.. rows.Select(FactsOf)], rows.Length == limit ? rows[^1].Name : "");
        }
        return Grants.OwnAllows(who, Right.UserList) && await room.Store.FindAccountByIdAsync(who.Principal.Account, cancellationToken) is { } own &&
            own.Name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(own.Name, after) > 0
            ? new Page<UserFacts>([FactsOf(own)])
            : new Page<UserFacts>([]);
    }

    public async Task<UserFacts?> FindAsync(Caller who, string name, CancellationToken cancellationToken)
    {
        if (!who.May(Right.UserList) && !(name == OwnName(who) && Grants.OwnAllows(who, Right.UserList))) return null;
        return await AccountAsync(name, cancellationToken) is { } account ? FactsOf(account) : null;
    }

    private async Task<EstateAnswer> MakeAsync(Caller who, NewUser user, CancellationToken cancellationToken)
    {
        if (!who.May(Right.UserCreate)) return EstateAnswers.Needs(who, Right.UserCreate);
        ImmutableArray<string> roles = user.Roles.IsDefault ? [] : [.. user.Roles.Distinct(StringComparer.Ordinal)];
        if (AccountRules.NewName(user.Name) is { } name) return EstateAnswers.Refused(EstateCode.InvalidName, "name", name);
        if (AccountRules.Password(user.Password, user.Name) is { } password) return EstateAnswers.Refused(EstateCode.InvalidPassword, "password", password);
        if (WrongFacts(user.Email, user.Phone, user.ExpiresAt, out string email, out string phone) is { } wrong) return wrong;
        if (await WrongRolesAsync(who, roles, cancellationToken) is { } role) return role;

        using var manager = room.Open(who.Actor);
        var account = Account.New(user.Name);
        account.Row = account.Row with
        {
            Email = email,
            Phone = phone,
            ExpiresAt = user.ExpiresAt,
            Roles = roles,
            MustChangePassword = user.MustChangePassword,
        };
        return EstateAnswers.Of(await manager.CreateAsync(account, user.Password), account);
    }

    private async Task<EstateAnswer> DropAsync(Caller who, string name, string transferTo, CancellationToken cancellationToken)
    {
        if (!who.May(Right.UserDelete)) return EstateAnswers.Needs(who, Right.UserDelete);
        if (await AccountAsync(name, cancellationToken) is not { } account) return NoSuchUser();
        if (await TooMightyAsync(who, account, cancellationToken) is { } mighty) return mighty;
        if (transferTo.Length > 0)
        {
            if (await AccountAsync(transferTo, cancellationToken) is not { } heir || heir.Id == account.Id)
                return EstateAnswers.Refused(EstateCode.UnknownUser, "transfer_to", "There is no other user of that name who could take over.");
            if (heir.Disabled || heir.ExpiresAt <= time.GetUtcNow())
                return EstateAnswers.Refused(EstateCode.UnknownUser, "transfer_to", $"'{heir.Name}' cannot sign in, so nothing is handed over to that account.");
            var owned = (await room.Store.ListGroupsAsync(cancellationToken)).Where(g => g.Members.Contains(new GroupMember(account.Name, StoredRole.Owner)));
            // Who becomes owner may do everything in the group, and nobody gives more than they have.
            if (owned.FirstOrDefault(g => !who.May(Right.All, g.Name)) is { } group)
                return EstateAnswer.Denied($"The account owns group '{group.Name}', which only its owner or a superuser gives to somebody else.");
        }
        var change = await room.Store.RemoveAccountAsync(account.Id, account.Revision, transferTo.Length == 0 ? null : transferTo, who.Actor, cancellationToken);
        tokens.Forget();
        if (change is AccountChange.Removed && transferTo.Length > 0) await HandedOver(CancellationToken.None);
        return EstateAnswers.Of(change, account.Id, EstateCode.UnknownUser);
    }

    private async Task<EstateAnswer> DropTotpAsync(Caller who, string name, string password, CancellationToken cancellationToken)
    {
        string own = OwnName(who);
        bool isOwn = own.Length > 0 && (name.Length == 0 || name == own);
        if (isOwn ? who.Principal.Kind != TokenKind.Session : !who.May(Right.UserResetTotp))
            return EstateAnswers.Needs(who, Right.UserResetTotp);
        var account = await AccountAsync(isOwn ? own : name, cancellationToken);
        if (account is null) return NoSuchUser();
        if (isOwn)
        {
            var (checkedAccount, refusal) = await WithPasswordAsync(who, account, password, "password", cancellationToken);
            if (refusal is not null) return refusal;
            account = checkedAccount!;
        }
        else if (await TooMightyAsync(who, account, cancellationToken) is { } mighty) return mighty;
        else if (await BeyondAsync(who, account, cancellationToken) is { } beyond) return beyond;
        if (account.TotpSecret.Length == 0 && !account.TotpEnabled) return EstateAnswers.Refused(EstateCode.InvalidState, "", "The account has no one-time codes.");

        using var manager = room.Open(who.Actor, who.Principal.TokenId);
        var change = new Account(account with { TotpSecret = "", RecoveryCodes = [] });
        var result = await manager.SetTwoFactorEnabledAsync(change, false);
        tokens.Forget();
        return EstateAnswers.Of(result, change);
    }

    private async Task<StoredAccount?> AccountAsync(string name, CancellationToken cancellationToken) =>
        AccountRules.KnownName(name) is null ? await room.Store.FindAccountAsync(name, cancellationToken) : null;

    private static EstateAnswer NoSuchUser() => new(EstateCode.NotFound, "There is no user of that name.", "name");

    /// <summary>The caller's own user name; empty for a token of the farm itself.</summary>
    private static string OwnName(Caller who) => who.Principal.Account.Length > 0 ? who.Principal.Name["user:".Length..] : "";

    private static UserFacts FactsOf(StoredAccount a) => new(a.Id, a.Name)
    {
        Email = a.Email,
        Phone = a.Phone,
        Roles = a.Roles,
        Disabled = a.Disabled,
        MustChangePassword = a.MustChangePassword,
        TotpEnabled = a.TotpEnabled,
        ExpiresAt = a.ExpiresAt,
        LockedUntil = a.LockedUntil,
        CreatedAt = a.CreatedAt,
        LastSignInAt = a.LastSignInAt,
        Revision = a.Revision,
    };
}
