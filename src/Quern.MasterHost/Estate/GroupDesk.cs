using System.Collections.Immutable;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>Groups. Who belongs to one may do in it what the member's role says; its owner may do everything there.</summary>
/// <param name="agents">How many agents belong to the group of this id.</param>
internal sealed partial class GroupDesk(FarmStore store, TokenBook tokens, RefusalBook refusals, Func<string, int> agents) : IGroupDesk
{
    private const int MaxMembers = 1000;
    private const string DefaultRole = "member";
    private const int MaxAgentConfigBytes = 64 * 1024;

    public Task<EstateAnswer> CreateAsync(Caller who, NewGroup group, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "group.create", group.Name, MakeAsync(who, group, cancellationToken), cancellationToken);

    public Task<EstateAnswer> UpdateAsync(Caller who, GroupEdit edit, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "group.update", edit.Group, ChangeAsync(who, edit, cancellationToken), cancellationToken);

    public Task<EstateAnswer> RemoveAsync(Caller who, string group, string moveAgentsTo, long expectedRevision, CancellationToken cancellationToken) =>
        refusals.PassAsync(who, "group.delete", group, DropAsync(who, group, moveAgentsTo, expectedRevision, cancellationToken), cancellationToken);

    public async Task<Page<GroupFacts>> ListAsync(Caller who, string prefix, string after, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, 1000);
        var seen = (await store.ListGroupsAsync(cancellationToken))
            .Where(g => MaySee(who, g) && g.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .SkipWhile(g => after.Length > 0 && string.CompareOrdinal(g.Name.ToLowerInvariant(), after.ToLowerInvariant()) <= 0)
            .Take(limit + 1).ToList();
        return new Page<GroupFacts>([.. seen.Take(limit).Select(FactsOf)], seen.Count > limit ? seen[limit - 1].Name : "");
    }

    /// <summary>One group; null when there is none that the caller may see.</summary>
    /// <param name="group">Id or name.</param>
    public async Task<GroupFacts?> FindAsync(Caller who, string group, CancellationToken cancellationToken) =>
        await GroupAsync(group, cancellationToken) is { } found && MaySee(who, found) ? FactsOf(found) : null;

    private async Task<EstateAnswer> MakeAsync(Caller who, NewGroup group, CancellationToken cancellationToken)
    {
        if (!who.May(Right.GroupCreate)) return EstateAnswers.Needs(who, Right.GroupCreate);
        if (AccountRules.GroupName(group.Name) is { } name) return EstateAnswers.Refused(EstateCode.InvalidName, "name", name);
        if (WrongTexts(group.Description, group.AgentConfig) is { } wrong) return wrong;
        string owner = group.Owner.Length > 0 || who.Principal.Account.Length == 0 ? group.Owner : who.Principal.Name["user:".Length..];
        if (owner.Length == 0) return EstateAnswers.Refused(EstateCode.UnknownUser, "owner", "Say who owns the group: the token that asks belongs to no account.");
        if (AccountRules.KnownName(owner) is { } noName) return EstateAnswers.Refused(EstateCode.UnknownUser, "owner", noName);

        var members = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string text in group.Members.IsDefault ? [] : group.Members)
        {
            if (Read(text, out var member) is { } problem) return problem;
            // Within a group that nobody had before, its maker has everything to give.
            members[member.Account] = member.Role;
        }
        members[owner] = StoredRole.Owner;
        return await SaveAsync(
            new StoredGroup($"{Guid.CreateVersion7()}", group.Name, group.Description, [.. members.Select(m => new GroupMember(m.Key, m.Value))])
            {
                AgentConfig = Convert.ToBase64String(group.AgentConfig.Span),
            }, g => store.CreateGroupAsync(g, who.Actor, cancellationToken), cancellationToken);
    }

    private async Task<EstateAnswer> DropAsync(Caller who, string group, string moveAgentsTo, long expectedRevision, CancellationToken cancellationToken)
    {
        var (found, refusal) = await ForChangeAsync(who, group, Right.GroupDelete, cancellationToken);
        if (refusal is not null) return refusal;
        string? heirId = null;
        if (moveAgentsTo.Length > 0)
        {
            var (heir, denied) = await ForChangeAsync(who, moveAgentsTo, Right.GroupUpdate, cancellationToken);
            if (heir is null || heir.Id == found!.Id)
                return denied is { Code: EstateCode.Denied } ? denied : EstateAnswers.Refused(EstateCode.UnknownGroup, "move_agents_to", "There is no other group of that name or id.");
            heirId = heir.Id;
        }
        var change = await store.RemoveGroupAsync(found!.Id, expectedRevision, heirId, who.Actor, cancellationToken);
        tokens.Forget();
        return EstateAnswers.Of(change, found.Id, EstateCode.UnknownGroup);
    }

    /// <summary>A group that the caller has a right in. Without it nobody learns whether there is such a group, but who may list it.</summary>
    private async Task<(StoredGroup? Group, EstateAnswer? Refusal)> ForChangeAsync(Caller who, string group, string right, CancellationToken cancellationToken)
    {
        var found = await GroupAsync(group, cancellationToken);
        if (found is null ? !who.May(Right.GroupList) : !who.May(right, found.Name)) return (null, EstateAnswers.Needs(who, right));
        return found is null ? (null, new EstateAnswer(EstateCode.NotFound, "There is no group of that name or id.", "group")) : (found, null);
    }

    private async Task<StoredGroup?> GroupAsync(string group, CancellationToken cancellationToken)
    {
        if (AccountRules.GroupName(group) is not null) return null;
        return await store.FindGroupAsync(group, cancellationToken) ?? await store.FindGroupByIdAsync(group, cancellationToken);
    }

    private static bool MaySee(Caller who, StoredGroup group) => who.May(Right.GroupList, group.Name) ||
        (Grants.OwnAllows(who, Right.GroupList) && group.Members.Any(m => $"user:{m.Account}" == who.Principal.Name));

    private GroupFacts FactsOf(StoredGroup g) => new(
        g.Id, g.Name, g.Description, g.Members.First(m => m.Role == StoredRole.Owner).Account,
        [.. g.Members.Where(m => m.Role != StoredRole.Owner).Select(m => new GroupFacts.Member(m.Account, m.Role))])
    {
        CreatedAt = g.CreatedAt,
        Revision = g.Revision,
        AgentConfig = Convert.FromBase64String(g.AgentConfig),
        Agents = agents(g.Id),
    };
}
