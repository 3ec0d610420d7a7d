using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Quern.Model;

namespace Quern.Storage;

/// <content>Groups of people. The table is called <c>teams</c>: GROUPS is a word of SQL.</content>
public sealed partial class FarmStore
{
    private const string GroupSelect = "SELECT id, name, description, created_at, revision, agent_config FROM teams";

    /// <summary>Stores a new group with its members.</summary>
    public Task<AccountChange> CreateGroupAsync(StoredGroup group, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(async w =>
        {
            var (members, refusal) = await ResolveMembersAsync(w, group);
            if (refusal is not null) return refusal;
            await w.Sql.ExecuteAsync(
                "INSERT INTO teams (id, name, name_key, description, created_at, revision, agent_config) VALUES (@id, @name, @key, @description, @time, 1, @config)",
                ("id", group.Id), ("name", group.Name), ("key", KeyOf(group.Name)), ("description", group.Description), ("time", w.Time),
                ("config", group.AgentConfig));
            await SaveMembersAsync(w, group.Id, members);
            w.Emit(EventKinds.GroupSaved, group.Name, actor.Name, EventData.By(actor, ("after", FactsOf(group))));
            return new AccountChange.Saved(1);
        }, cancellationToken);

    /// <summary>Changes a group that is at the revision it was read at; its members become those given.</summary>
    public Task<AccountChange> UpdateGroupAsync(StoredGroup group, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(async w =>
        {
            if (await ReadGroupAsync(w.Sql, "id", group.Id, _dialect.ForUpdate) is not { } before) return new AccountChange.NotFound();
            if (before.Revision != group.Revision) return new AccountChange.Outdated(before.Revision);
            var (members, refusal) = await ResolveMembersAsync(w, group);
            if (refusal is not null) return refusal;
            await w.Sql.ExecuteAsync(
                "UPDATE teams SET name = @name, name_key = @key, description = @description, agent_config = @config, revision = revision + 1 WHERE id = @id",
                ("id", group.Id), ("name", group.Name), ("key", KeyOf(group.Name)), ("description", group.Description), ("config", group.AgentConfig));
            await SaveMembersAsync(w, group.Id, members);
            w.Emit(EventKinds.GroupSaved, group.Name, actor.Name, EventData.By(actor,
                ("before", FactsOf(before)), ("after", FactsOf(group)), ("agent_config_changed", before.AgentConfig != group.AgentConfig ? true : null)));
            return new AccountChange.Saved(group.Revision + 1);
        }, cancellationToken);

    /// <summary>Removes a group and its memberships; its enrolment keys let nobody in any more.</summary>
    public Task<AccountChange> RemoveGroupAsync(string id, Actor actor, CancellationToken cancellationToken) =>
        RemoveGroupAsync(id, 0, null, actor, cancellationToken);

    /// <summary>The same for a group that is at the revision it was read at.</summary>
    /// <param name="revision">0: whatever it is.</param>
    /// <param name="heir">The id of the group that its agents belong to from now on; null when it must have none. Their certificates stay good.</param>
    public Task<AccountChange> RemoveGroupAsync(string id, long revision, string? heir, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(async w =>
        {
            if (await ReadGroupAsync(w.Sql, "id", id, _dialect.ForUpdate) is not { } group) return new AccountChange.NotFound();
            if (revision != 0 && group.Revision != revision) return new AccountChange.Outdated(group.Revision);
            if (await MoveAgentsAsync(w, id, heir, actor) is { } refusal) return refusal;
            await w.Sql.ExecuteAsync("DELETE FROM memberships WHERE team = @id", ("id", id));
            await w.Sql.ExecuteAsync("DELETE FROM teams WHERE id = @id", ("id", id));
            w.Emit(EventKinds.GroupRemoved, group.Name, actor.Name, EventData.By(actor, ("before", FactsOf(group))));
            return new AccountChange.Removed();
        }, cancellationToken);

    /// <summary>The group of this name, whatever its case; null when there is none.</summary>
    public Task<StoredGroup?> FindGroupAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadGroupAsync(session, "name_key", KeyOf(name)), cancellationToken);

    /// <summary>The group with this id; null when there is none.</summary>
    public Task<StoredGroup?> FindGroupByIdAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadGroupAsync(session, "id", id), cancellationToken);

    /// <summary>All groups, by name.</summary>
    public Task<ImmutableArray<StoredGroup>> ListGroupsAsync(CancellationToken cancellationToken) =>
        ReadAsync(async session =>
        {
            var members = (await ListAsync(session, r => (Team: r.GetString(0), Member: new GroupMember(r.GetString(1), r.GetString(2))),
                "SELECT m.team, a.name, m.role FROM memberships m JOIN accounts a ON a.id = m.account ORDER BY a.name")).ToLookup(m => m.Team, m => m.Member);
            var rows = await ListAsync(session, GroupOf, GroupSelect + " ORDER BY name_key");
            return rows.Select(g => g with { Members = [.. members[g.Id]] }).ToImmutableArray();
        }, cancellationToken);

    private static StoredGroup GroupOf(System.Data.Common.DbDataReader r) =>
        new(r.GetString(0), r.GetString(1), r.GetString(2), [], UnixMicroseconds.ToTime(r.GetInt64(3)), r.GetInt64(4)) { AgentConfig = r.GetString(5) };

    private static async Task<StoredGroup?> ReadGroupAsync(Session session, string column, string value, string forUpdate = "")
    {
        StoredGroup group;
        await using (var reader = await session.QueryAsync($"{GroupSelect} WHERE {column} = @value{forUpdate}", ("value", value)))
        {
            if (!await reader.ReadAsync()) return null;
            group = GroupOf(reader);
        }
        return group with
        {
            Members = await ListAsync(session, r => new GroupMember(r.GetString(0), r.GetString(1)),
                "SELECT a.name, m.role FROM memberships m JOIN accounts a ON a.id = m.account WHERE m.team = @id ORDER BY a.name", ("id", group.Id)),
        };
    }

    /// <summary>The members' account ids, each held until the commit so that it is not removed meanwhile; or what is wrong with them.</summary>
    private async Task<(List<(string Account, string Role)> Members, AccountChange? Refusal)> ResolveMembersAsync(WriteSession w, StoredGroup group)
    {
        if (group.Members.DistinctBy(m => m.Account).Count() < group.Members.Length)
            throw new ArgumentException($"A member of group '{group.Name}' stands in it twice.", nameof(group));
        var resolved = new List<(string, string)>();
        if (group.Members.Count(m => m.Role == StoredRole.Owner) != 1) return (resolved, new AccountChange.NotOneOwner());
        if (await MissingRoleAsync(w, group.Members.Select(m => m.Role), RoleScope.Group) is { } missing) return (resolved, new AccountChange.Unknown(missing));
        foreach (var member in group.Members.OrderBy(m => m.Account, StringComparer.Ordinal))
        {
            if (await w.Sql.ScalarAsync<string>("SELECT id FROM accounts WHERE name = @name" + _dialect.ForShare, ("name", member.Account)) is not { } id)
                return (resolved, new AccountChange.Unknown(member.Account));
            resolved.Add((id, member.Role));
        }
        return (resolved, null);
    }

    private static async Task SaveMembersAsync(WriteSession w, string team, List<(string Account, string Role)> members)
    {
        await w.Sql.ExecuteAsync("DELETE FROM memberships WHERE team = @team", ("team", team));
        foreach (var (account, role) in members)
            await w.Sql.ExecuteAsync("INSERT INTO memberships (team, account, role) VALUES (@team, @account, @role)", ("team", team), ("account", account), ("role", role));
    }

    /// <summary>Gives the groups that an account owns to another one; null when none is left with the account.</summary>
    private async Task<AccountChange?> HandOverAsync(WriteSession w, StoredAccount from, string? to, Actor actor)
    {
        var owned = await ListAsync(w.Sql, r => (Id: r.GetString(0), Name: r.GetString(1)), """
            SELECT t.id, t.name FROM memberships m JOIN teams t ON t.id = m.team WHERE m.account = @account AND m.role = @owner ORDER BY t.name_key
            """, ("account", from.Id), ("owner", StoredRole.Owner));
        var doors = await ListAsync(w.Sql, r => r.GetString(0), "SELECT name FROM listeners WHERE owner = @account ORDER BY name_key", ("account", from.Id));
        if (owned.IsEmpty && doors.IsEmpty) return null;
        if (to is null) return new AccountChange.OwnsResources([.. owned.Select(o => $"group '{o.Name}'"), .. doors.Select(d => $"listener '{d}'")]);
        string? heir = await w.Sql.ScalarAsync<string>("SELECT id FROM accounts WHERE name = @name" + _dialect.ForShare, ("name", to));
        if (heir is null || heir == from.Id) return new AccountChange.Unknown(to);
        foreach (var (id, name) in owned)
        {
            await w.Sql.ExecuteAsync("DELETE FROM memberships WHERE team = @team AND account IN (@from, @heir)", ("team", id), ("from", from.Id), ("heir", heir));
            await w.Sql.ExecuteAsync("INSERT INTO memberships (team, account, role) VALUES (@team, @heir, @owner)", ("team", id), ("heir", heir), ("owner", StoredRole.Owner));
            await w.Sql.ExecuteAsync("UPDATE teams SET revision = revision + 1 WHERE id = @team", ("team", id));
            w.Emit(EventKinds.GroupSaved, name, actor.Name, EventData.By(actor, ("owner_before", from.Name), ("owner", to)));
        }
        await w.Sql.ExecuteAsync("UPDATE listeners SET owner = @heir WHERE owner = @account", ("account", from.Id), ("heir", heir));
        foreach (string door in doors)
            w.Emit(EventKinds.ListenerHandedOver, door, actor.Name, EventData.By(actor, ("owner_before", from.Name), ("owner", to)));
        return null;
    }

    /// <summary>Gives the agents of a group that goes to another one. Null when nothing speaks against it.</summary>
    private async Task<AccountChange?> MoveAgentsAsync(WriteSession w, string from, string? to, Actor actor)
    {
        // First the keys: whoever joins by one at this moment is counted, or finds no group.
        await ListAsync(w.Sql, r => r.GetString(0), "SELECT id FROM enrolment_keys WHERE team = @team ORDER BY id" + _dialect.ForUpdate, ("team", from));
        var agents = await ListAsync(w.Sql, r => (Uuid: r.GetString(0), Worker: r.GetString(1)),
            "SELECT uuid, worker FROM agents WHERE team = @team ORDER BY uuid" + _dialect.ForUpdate, ("team", from));
        if (agents.Length > 0 && to is null) return new AccountChange.HasAgents(agents.Length);
        if (to is not null)
        {
            string? name = await w.Sql.ScalarAsync<string>("SELECT name FROM teams WHERE id = @id" + _dialect.ForShare, ("id", to));
            if (name is null || to == from) return new AccountChange.Unknown(to);
            await w.Sql.ExecuteAsync("UPDATE agents SET team = @to WHERE team = @from", ("from", from), ("to", to));
            foreach (var (uuid, worker) in agents)
                w.Emit(EventKinds.AgentMoved, uuid, actor.Name, EventData.By(actor, ("worker", worker), ("group", name)));
        }
        return null;
    }

    private static string KeyOf(string groupName) => groupName.ToLowerInvariant();

    private static JsonObject FactsOf(StoredGroup group) => new()
    {
        ["name"] = group.Name,
        ["description"] = group.Description,
        ["members"] = new JsonObject(group.Members.Select(m => KeyValuePair.Create(m.Account, (JsonNode?)m.Role))),
    };
}
