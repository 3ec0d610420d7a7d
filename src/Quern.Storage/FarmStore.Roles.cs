using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const string RoleSelect = "SELECT name, scope, description, rights, built_in, revision FROM roles";

    /// <summary>Stores a new role (revision 0), or changes one that is at the revision it was read at.</summary>
    public Task<AccountChange> SaveRoleAsync(StoredRole role, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(async w =>
        {
            var before = await ReadRoleAsync(w.Sql, role.Name, _dialect.ForUpdate);
            if (before is { BuiltIn: true }) return new AccountChange.BuiltIn();
            if (role.Revision == 0 && before is not null) return new AccountChange.NameTaken();
            if (role.Revision != 0 && before is null) return new AccountChange.NotFound();
            if (before is not null && (before.Revision != role.Revision)) return new AccountChange.Outdated(before.Revision);
            if (before is not null && before.Scope != role.Scope) return new AccountChange.Unknown(role.Name);
            return await PutRoleAsync(w, before, role with { BuiltIn = false }, actor);
        }, cancellationToken);

    /// <summary>Makes the roles that come with the program what they are in this version. A role of somebody's own that has such a name stays.</summary>
    public async Task EnsureBuiltInRolesAsync(ImmutableArray<StoredRole> roles, Actor actor, CancellationToken cancellationToken)
    {
        foreach (var role in roles)
        {
            await ChangeAsync(async w =>
            {
                var before = await ReadRoleAsync(w.Sql, role.Name, _dialect.ForUpdate);
                if (before is { BuiltIn: false }) return new AccountChange.NameTaken();
                if (before is not null && before.Rights.SequenceEqual(role.Rights) && before.Description == role.Description) return new AccountChange.Saved(before.Revision);
                return await PutRoleAsync(w, before, role with { BuiltIn = true }, actor);
            }, cancellationToken);
        }
    }

    /// <summary>Removes a role that nobody has.</summary>
    public Task<AccountChange> RemoveRoleAsync(string name, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(async w =>
        {
            if (await ReadRoleAsync(w.Sql, name, _dialect.ForUpdate) is not { } role) return new AccountChange.NotFound();
            if (role.BuiltIn) return new AccountChange.BuiltIn();
            long users = await w.Sql.ScalarAsync<long>("""
                SELECT (SELECT COUNT(*) FROM account_roles WHERE role = @name) + (SELECT COUNT(*) FROM memberships WHERE role = @name)
                """, ("name", name));
            if (users > 0) return new AccountChange.InUse((int)users);
            await w.Sql.ExecuteAsync("DELETE FROM roles WHERE name = @name", ("name", name));
            w.Emit(EventKinds.RoleRemoved, name, actor.Name, EventData.By(actor, ("before", FactsOf(role))));
            return new AccountChange.Removed();
        }, cancellationToken);

    /// <summary>All roles, by name.</summary>
    public Task<ImmutableArray<StoredRole>> ListRolesAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, RoleOf, RoleSelect + " ORDER BY name"), cancellationToken);

    /// <summary>The role of this name; null when there is none.</summary>
    public Task<StoredRole?> FindRoleAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadRoleAsync(session, name, ""), cancellationToken);

    private static StoredRole RoleOf(System.Data.Common.DbDataReader r) => new(
        r.GetString(0), r.GetString(1) == "group" ? RoleScope.Group : RoleScope.Farm, r.GetString(2),
        StorageJson.Read<ImmutableArray<string>>(r.GetString(3)), r.GetInt64(4) != 0, r.GetInt64(5));

    private static async Task<StoredRole?> ReadRoleAsync(Session session, string name, string forUpdate)
    {
        await using var reader = await session.QueryAsync(RoleSelect + " WHERE name = @name" + forUpdate, ("name", name));
        return await reader.ReadAsync() ? RoleOf(reader) : null;
    }

    private static async Task<AccountChange> PutRoleAsync(WriteSession w, StoredRole? before, StoredRole role, Actor actor)
    {
        long revision = (before?.Revision ?? 0) + 1;
        await w.Sql.ExecuteAsync("""
            INSERT INTO roles (name, scope, description, rights, built_in, revision) VALUES (@name, @scope, @description, @rights, @built_in, @revision)
            ON CONFLICT (name) DO UPDATE SET description = excluded.description, rights = excluded.rights, revision = excluded.revision
            """,
            ("name", role.Name), ("scope", ScopeWord(role.Scope)), ("description", role.Description), ("rights", StorageJson.Write(role.Rights)),
            ("built_in", role.BuiltIn ? 1L : 0L), ("revision", revision));
        w.Emit(EventKinds.RoleSaved, role.Name, actor.Name, EventData.By(actor, ("before", before is null ? null : FactsOf(before)), ("after", FactsOf(role))));
        return new AccountChange.Saved(revision);
    }

    /// <summary>The first name that is no role of this scope; null when all are. Those found are held until the commit.</summary>
    private async Task<string?> MissingRoleAsync(WriteSession w, IEnumerable<string> names, RoleScope scope)
    {
        foreach (string name in names.Distinct().Order(StringComparer.Ordinal))
        {
            if (await w.Sql.ScalarAsync<string>("SELECT name FROM roles WHERE name = @name AND scope = @scope" + _dialect.ForShare,
                ("name", name), ("scope", ScopeWord(scope))) is null) return name;
        }
        return null;
    }

    private static string ScopeWord(RoleScope scope) => scope == RoleScope.Group ? "group" : "farm";

    private static JsonObject FactsOf(StoredRole role) => new()
    {
        ["scope"] = ScopeWord(role.Scope),
        ["description"] = role.Description,
        ["rights"] = new JsonArray([.. role.Rights.Select(r => (JsonNode)r)]),
    };
}
