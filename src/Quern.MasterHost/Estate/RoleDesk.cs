using System.Collections.Immutable;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>Roles. Nobody makes one that gives more than they have; those that come with the program stay as they are.</summary>
internal sealed class RoleDesk(FarmStore store, TokenBook tokens, RefusalBook refusals) : IRoleDesk
{
    public async Task<ImmutableArray<RoleFacts>?> ListAsync(Caller who, CancellationToken cancellationToken)
    {
        if (who.May(Right.RoleList)) return [.. (await store.ListRolesAsync(cancellationToken)).Select(FactsOf)];
        await refusals.NoteAsync(who.Actor, "role.list", "", "denied", cancellationToken);
        return null;
    }

    public Task<EstateAnswer> PutAsync(Caller who, RoleFacts role, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "role.put", role.Name, SaveAsync(who, role, cancellationToken), cancellationToken);

    public Task<EstateAnswer> RemoveAsync(Caller who, string name, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "role.delete", name, DropAsync(who, name, cancellationToken), cancellationToken);

    private async Task<EstateAnswer> SaveAsync(Caller who, RoleFacts role, CancellationToken cancellationToken)
    {
        if (!who.May(Right.RoleManage)) return EstateAnswers.Needs(who, Right.RoleManage);
        if (AccountRules.RoleName(role.Name) is { } name) return EstateAnswers.Refused(EstateCode.InvalidName, "name", name);
        if (AccountRules.Description(role.Description) is { } text) return EstateAnswers.Refused(EstateCode.InvalidConfig, "description", text);
        ImmutableArray<string> rights = [.. role.Rights.Distinct(StringComparer.Ordinal)];
        if (rights.Length > Grants.MaxWords) return EstateAnswers.Refused(EstateCode.InvalidRole, "rights", $"A role has at most {Grants.MaxWords} rights; patterns such as 'job:*' are one.");
        foreach (string right in rights)
            if (Grants.Problem(right, role.OfGroups) is { } problem) return EstateAnswers.Refused(EstateCode.InvalidRole, "rights", problem);
        if (Grants.FirstBeyond(who, rights) is { } beyond) return EstateAnswer.Denied($"The role would give '{beyond}', which {who.Principal.Name} does not have.");

        var scope = role.OfGroups ? RoleScope.Group : RoleScope.Farm;
        if (role.Revision != 0 && await store.FindRoleAsync(role.Name, cancellationToken) is { BuiltIn: false } before && before.Scope != scope)
            return EstateAnswers.Refused(EstateCode.InvalidRole, "of_groups", "Whether a role is of groups or of the whole farm cannot be changed; make another one.");
        var change = await store.SaveRoleAsync(new StoredRole(role.Name, scope, role.Description, rights, Revision: role.Revision), who.Actor, cancellationToken);
        tokens.Forget();
        return EstateAnswers.Of(change, role.Name, EstateCode.InvalidRole);
    }

    private async Task<EstateAnswer> DropAsync(Caller who, string name, CancellationToken cancellationToken)
    {
        if (!who.May(Right.RoleManage)) return EstateAnswers.Needs(who, Right.RoleManage);
        if (AccountRules.RoleName(name) is not null) return new EstateAnswer(EstateCode.NotFound, "There is no role of that name.", "name");
        var change = await store.RemoveRoleAsync(name, who.Actor, cancellationToken);
        tokens.Forget();
        return EstateAnswers.Of(change, name, EstateCode.InvalidRole);
    }

    private static RoleFacts FactsOf(StoredRole r) => new(r.Name, r.Description, r.Rights, r.Scope == RoleScope.Group, r.BuiltIn, r.Revision);
}
