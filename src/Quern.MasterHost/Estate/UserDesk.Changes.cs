using System.Collections.Immutable;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <content>Changes of accounts, and who may make them.</content>
internal sealed partial class UserDesk
{
    private const int MaxRoles = 64;

    /// <summary>No password is longer, whatever its characters are.</summary>
    private const int MaxPasswordText = 1024;

    private async Task<EstateAnswer> ChangeAsync(Caller who, UserEdit edit, CancellationToken cancellationToken)
    {
        bool own = edit.Name.Length > 0 && edit.Name == OwnName(who);
        bool personal = own && IsPersonal(edit);
        bool ownPassword = own && edit.Password is not null;
        if (personal ? !MayForItself(who, edit) : !who.May(Right.UserUpdate)) return EstateAnswers.Needs(who, Right.UserUpdate);
        if (await AccountAsync(edit.Name, cancellationToken) is not { } account) return NoSuchUser();
        if (!personal && await TooMightyAsync(who, account, cancellationToken) is { } mighty) return mighty;
        if (edit.Password is not null && !own && await BeyondAsync(who, account, cancellationToken) is { } beyond) return beyond;

        if (edit.Password is { } fresh && AccountRules.Password(fresh, account.Name) is { } password)
            return EstateAnswers.Refused(EstateCode.InvalidPassword, "password", password);
        if (WrongFacts(edit.Email ?? "", edit.Phone ?? "", edit.SetsExpiry ? edit.ExpiresAt : null, out string email, out string phone) is { } wrong) return wrong;
        ImmutableArray<string> added = [.. edit.AddRoles.Except(account.Roles, StringComparer.Ordinal)];
        if (await WrongRolesAsync(who, added, cancellationToken) is { } role) return role;
        if (ownPassword)
        {
            var (checkedAccount, refusal) = await WithPasswordAsync(who, account, edit.CurrentPassword, "current_password", cancellationToken);
            if (refusal is not null) return refusal;
            account = checkedAccount!;
            if (OwnAccount.SamePassword(edit.CurrentPassword, edit.Password!) is { } same) return EstateAnswers.Refused(EstateCode.InvalidPassword, "password", same);
        }
        if (edit.ExpectedRevision != 0 && edit.ExpectedRevision != account.Revision)
            return EstateAnswers.Of(new AccountChange.Outdated(account.Revision), account.Id, EstateCode.UnknownUser);

        var row = account with
        {
            Email = edit.Email is null ? account.Email : email,
            Phone = edit.Phone is null ? account.Phone : phone,
            ExpiresAt = edit.SetsExpiry ? edit.ExpiresAt : account.ExpiresAt,
            Disabled = edit.Disabled ?? account.Disabled,
            // A password that somebody else chose is known to two.
            MustChangePassword = edit.MustChangePassword ?? (edit.Password is null ? account.MustChangePassword : !own),
            Roles = [.. account.Roles.Except(edit.RemoveRoles, StringComparer.Ordinal).Concat(added).Order(StringComparer.Ordinal)],
        };
        return await SaveAsync(who, edit, row, own, cancellationToken);
    }

    private async Task<EstateAnswer> SaveAsync(Caller who, UserEdit edit, StoredAccount row, bool own, CancellationToken cancellationToken)
    {
        var answer = EstateAnswer.Done(row.Id, row.Revision);
        if (!IsUnlockOnly(edit))
        {
            using var manager = room.Open(who.Actor, own ? who.Principal.TokenId : null);
            var account = new Account(row);
            answer = EstateAnswers.Of(await manager.SaveAsync(account, edit.Password), account);
        }
        // Beside the revision, like all that refused sign-ins do; it cannot fail but by the account's end.
        if (answer.Succeeded && edit.Unlock && !await room.Store.UnlockAccountAsync(row.Id, who.Actor, cancellationToken)) answer = NoSuchUser();
        tokens.Forget();
        return answer;
    }

    /// <summary>Whether an edit is of what everybody may change in the own account.</summary>
    private static bool IsPersonal(UserEdit edit) => edit is
    {
        SetsExpiry: false, Disabled: null, MustChangePassword: null, AddRoles.IsEmpty: true, RemoveRoles.IsEmpty: true, Unlock: false,
    };

    private static bool IsUnlockOnly(UserEdit edit) => IsPersonal(edit with { Unlock = false }) && edit is { Password: null, Email: null, Phone: null, Unlock: true };

    /// <summary>
    /// The password is for who signed in, also for one who must change it before anything else; the rest for every token that stands for the
    /// whole account.
    /// </summary>
    private static bool MayForItself(Caller who, UserEdit edit) =>
        (edit.Password is null || who.Principal.Kind == TokenKind.Session) &&
        (edit is { Email: null, Phone: null, Password: not null } || Grants.OwnAllows(who, Right.UserUpdate));

    private EstateAnswer? WrongFacts(string email, string phone, DateTimeOffset? expiresAt, out string normalEmail, out string normalPhone)
    {
        normalPhone = "";
        if (AccountRules.Email(email, out normalEmail) is { } mail) return EstateAnswers.Refused(EstateCode.InvalidEmail, "email", mail);
        if (AccountRules.Phone(phone, out normalPhone) is { } number) return EstateAnswers.Refused(EstateCode.InvalidPhone, "phone", number);
        return AccountRules.Expiration(expiresAt, time.GetUtcNow()) is { } end ? EstateAnswers.Refused(EstateCode.InvalidExpiration, "expires_at", end) : null;
    }

    /// <summary>Roles that are given must be there, of the whole farm, and within the caller's own rights.</summary>
    private async Task<EstateAnswer?> WrongRolesAsync(Caller who, ImmutableArray<string> names, CancellationToken cancellationToken)
    {
        if (names.Length > MaxRoles) return EstateAnswers.Refused(EstateCode.InvalidRole, "roles", $"At most {MaxRoles} roles are given at once.");
        foreach (string name in names)
        {
            if (AccountRules.RoleName(name) is not null || await room.Store.FindRoleAsync(name, cancellationToken) is not { Scope: RoleScope.Farm } role)
                return EstateAnswers.Refused(EstateCode.InvalidRole, "roles", "There is no role of that name for the whole farm; 'quern role list' shows those that there are.");
            if (Grants.FirstBeyond(who, role.Rights) is { } beyond)
                return EstateAnswer.Denied($"The role '{role.Name}' gives '{beyond}', which {who.Principal.Name} does not have.");
        }
        return null;
    }

    /// <summary>Accounts that may do everything are changed by those alone who may do everything.</summary>
    private async Task<EstateAnswer?> TooMightyAsync(Caller who, StoredAccount account, CancellationToken cancellationToken)
    {
        if (who.May(Right.All)) return null;
        bool mighty = account.IsSuperuser || (await room.Store.RightsOfAsync(account.Id, cancellationToken)).Farm.Any(r => r is Right.All or "*:*");
        return mighty ? EstateAnswer.Denied("Only a superuser does this for a superuser.") : null;
    }

    /// <summary>Who sets somebody's password, or takes the codes off, can be that somebody: that must not be more than they are.</summary>
    private async Task<EstateAnswer?> BeyondAsync(Caller who, StoredAccount account, CancellationToken cancellationToken)
    {
        var (farm, groups) = await room.Store.RightsOfAsync(account.Id, cancellationToken);
        string? beyond = Grants.FirstBeyond(who, farm) ?? groups.Where(g => Grants.FirstBeyond(who, [g.Right], g.Group) is not null).Select(g => $"{g.Right}@{g.Group}").FirstOrDefault();
        return beyond is null ? null : EstateAnswer.Denied($"The account may '{beyond}', which {who.Principal.Name} may not; somebody who may must do this.");
    }

    private async Task<(StoredAccount? Account, EstateAnswer? Refusal)> WithPasswordAsync(
        Caller who, StoredAccount account, string password, string field, CancellationToken cancellationToken) =>
        password.Length == 0 ? (null, EstateAnswer.Denied("For the own account this needs the current password too: 'quern account' asks for it.") with { Field = field })
        : password.Length > MaxPasswordText ? (null, EstateAnswer.Denied("The current password is wrong.") with { Field = field })
        : await door.CheckAsync(new LoginAttempt(account.Name, password, who.From), cancellationToken) switch
        {
            PasswordCheck.Right right => (right.Account, null),
            PasswordCheck.TooMany => (null, EstateAnswer.Denied("Too many sign-ins that failed or wait; try again later.") with { Field = field }),
            _ => (null, EstateAnswer.Denied("The current password is wrong.") with { Field = field }),
        };
}
