using System.Collections.Immutable;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <content>Changes of groups and their members.</content>
internal sealed partial class GroupDesk
{
    private async Task<EstateAnswer> ChangeAsync(Caller who, GroupEdit edit, CancellationToken cancellationToken)
    {
        var (group, refusal) = await ForChangeAsync(who, edit.Group, Right.GroupUpdate, cancellationToken);
        if (group is null) return refusal!;
        if (edit.NewName is { } name && AccountRules.GroupName(name) is { } badName) return EstateAnswers.Refused(EstateCode.InvalidName, "name", badName);
        if (WrongTexts(edit.Description ?? "", edit.AgentConfig ?? default) is { } wrong) return wrong;
        if (edit.ExpectedRevision != 0 && edit.ExpectedRevision != group.Revision)
            return EstateAnswers.Of(new AccountChange.Outdated(group.Revision), group.Id, EstateCode.UnknownUser);
        var (members, problem) = await MembersAsync(who, group, edit, cancellationToken);
        if (problem is not null) return problem;

        return await SaveAsync(
            group with
            {
                Name = edit.NewName ?? group.Name,
                Description = edit.Description ?? group.Description,
                Members = members,
                AgentConfig = edit.AgentConfig is { } config ? Convert.ToBase64String(config.Span) : group.AgentConfig,
            }, g => store.UpdateGroupAsync(g, who.Actor, cancellationToken), cancellationToken);
    }

    /// <summary>The members as they are to be, or why not.</summary>
    private async Task<(ImmutableArray<GroupMember> Members, EstateAnswer? Refusal)> MembersAsync(
        Caller who, StoredGroup group, GroupEdit edit, CancellationToken cancellationToken)
    {
        var members = group.Members.ToDictionary(m => m.Account, m => m.Role, StringComparer.Ordinal);
        string owner = group.Members.First(m => m.Role == StoredRole.Owner).Account;
        if (edit.NewOwner is { } heir && heir != owner)
        {
            // The owner may do everything in the group, and nobody gives more than they have.
            if (!who.May(Right.All, group.Name)) return ([], EstateAnswer.Denied("Only the group's owner or a superuser makes somebody else its owner."));
            if (AccountRules.KnownName(heir) is { } bad) return ([], EstateAnswers.Refused(EstateCode.UnknownUser, "owner", bad));
            members[owner] = DefaultRole;
            members[heir] = StoredRole.Owner;
            owner = heir;
        }
        if (edit.AddMembers.Length > MaxMembers) return ([], TooMany());
        foreach (string text in edit.AddMembers)
        {
            if (Read(text, out var member) is { } problem) return ([], problem);
            if (member.Account == owner) return ([], OwnerStays("The owner is a member already."));
            if (members.TryGetValue(member.Account, out string? role) && role == member.Role) continue;
            if (await store.FindRoleAsync(member.Role, cancellationToken) is { Scope: RoleScope.Group } given && Grants.FirstBeyond(who, given.Rights, group.Name) is { } beyond)
                return ([], EstateAnswer.Denied($"The role '{given.Name}' gives '{beyond}' within the group, which {who.Principal.Name} does not have there."));
            members[member.Account] = member.Role;
        }
        foreach (string name in edit.RemoveMembers)
        {
            if (name == owner) return ([], OwnerStays("The owner cannot be removed from the group; make somebody else its owner first."));
            members.Remove(name);
        }
        return ([.. members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => new GroupMember(m.Key, m.Value))], null);
    }

    private async Task<EstateAnswer> SaveAsync(StoredGroup group, Func<StoredGroup, Task<AccountChange>> save, CancellationToken cancellationToken)
    {
        if (group.Members.Length > MaxMembers) return TooMany();
        foreach (string role in group.Members.Select(m => m.Role).Distinct())
        {
            if (await store.FindRoleAsync(role, cancellationToken) is not { Scope: RoleScope.Group })
                return EstateAnswers.Refused(EstateCode.InvalidRole, "members", $"There is no role '{role}' for groups; 'quern role list' shows those that there are.");
        }
        var answer = EstateAnswers.Of(await save(group), group.Id, EstateCode.UnknownUser);
        tokens.Forget();
        return answer.Code == EstateCode.UnknownUser ? answer with { Field = "members" } : answer;
    }

    /// <summary>Reads <c>NAME</c> or <c>NAME=ROLE</c>; what is wrong with it, else null.</summary>
    private static EstateAnswer? Read(string text, out GroupMember member)
    {
        int at = text.IndexOf('=', StringComparison.Ordinal);
        member = at < 0 ? new GroupMember(text, DefaultRole) : new GroupMember(text[..at], text[(at + 1)..]);
        if (AccountRules.KnownName(member.Account) is { } name) return EstateAnswers.Refused(EstateCode.UnknownUser, "members", name);
        if (AccountRules.RoleName(member.Role) is { } role) return EstateAnswers.Refused(EstateCode.InvalidRole, "members", role);
        return member.Role == StoredRole.Owner ? EstateAnswers.Refused(EstateCode.InvalidRole, "members", "A group has one owner; say who it is as 'owner'.") : null;
    }

    private static EstateAnswer? WrongTexts(string description, ReadOnlyMemory<byte> agentConfig)
    {
        if (AccountRules.Description(description) is { } text) return EstateAnswers.Refused(EstateCode.InvalidConfig, "description", text);
        return agentConfig.Length > MaxAgentConfigBytes
            ? EstateAnswers.Refused(EstateCode.InvalidConfig, "agent_config", $"The agents' configuration has at most {MaxAgentConfigBytes} bytes.")
            : null;
    }

    private static EstateAnswer TooMany() => EstateAnswers.Refused(EstateCode.InvalidConfig, "members", $"A group has at most {MaxMembers} members.");

    private static EstateAnswer OwnerStays(string text) => EstateAnswers.Refused(EstateCode.InvalidState, "members", text);
}
