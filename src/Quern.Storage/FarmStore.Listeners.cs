using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text.Json.Nodes;
using Quern.Model;

namespace Quern.Storage;

/// <content>The doors of the farm. Whether one is really open is not here: the program that has the port knows it.</content>
public sealed partial class FarmStore
{
    private const string ListenerSelect = """
        SELECT l.protocol, l.address, l.port, l.enabled, l.origin, l.revisions, l.id, l.name, COALESCE(a.name, ''), l.tls, l.certificate, l.private_key,
            l.older_tls, l.max_connections, l.max_per_second, l.handshake_ms, l.agent_acceptor, l.client_acceptor, l.revision
        FROM listeners l LEFT JOIN accounts a ON a.id = l.owner
        """;

    /// <summary>Stores a new listener; without a name it gets one.</summary>
    public Task<ListenerChange> CreateListenerAsync(StoredListener listener, Actor who, CancellationToken cancellationToken) =>
        ChangeListenerAsync(async w =>
        {
            if (await OwnerIdAsync(w, listener.Owner) is not { } owner) return new ListenerChange.UnknownOwner();
            string name = listener.Name.Length > 0 ? listener.Name : await FreeNameAsync(w, listener);
            long id = await w.Sql.ScalarAsync<long>("""
                INSERT INTO listeners (name, name_key, protocol, address, port, enabled, origin, revisions, owner, tls, certificate, private_key, older_tls,
                    max_connections, max_per_second, handshake_ms, agent_acceptor, client_acceptor, revision)
                VALUES (@name, @key, @protocol, @address, @port, @enabled, @origin, @revisions, @owner, @tls, @certificate, @private_key, @older_tls,
                    @max_connections, @max_per_second, @handshake_ms, @agent_acceptor, @client_acceptor, 1)
                RETURNING id
                """, ListenerValues(listener with { Name = name }, owner));
            var saved = listener with { Id = (int)id, Name = name, Revision = 1 };
            EmitListener(w, EventKinds.ListenerSaved, null, saved, who);
            return new ListenerChange.Saved(saved);
        }, cancellationToken);

    /// <summary>Changes a listener that is at the revision it was read at.</summary>
    public Task<ListenerChange> UpdateListenerAsync(StoredListener listener, Actor who, CancellationToken cancellationToken) =>
        ChangeListenerAsync(async w =>
        {
            if (await ReadListenerAsync(w.Sql, listener.Id) is not { } before) return new ListenerChange.NotFound();
            if (before.Revision != listener.Revision) return new ListenerChange.Outdated(before.Revision);
            if (await OwnerIdAsync(w, listener.Owner) is not { } owner) return new ListenerChange.UnknownOwner();
            int changed = await w.Sql.ExecuteAsync("""
                UPDATE listeners SET name = @name, name_key = @key, protocol = @protocol, address = @address, port = @port, enabled = @enabled,
                    origin = @origin, revisions = @revisions, owner = @owner, tls = @tls, certificate = @certificate, private_key = @private_key,
                    older_tls = @older_tls, max_connections = @max_connections, max_per_second = @max_per_second, handshake_ms = @handshake_ms,
                    agent_acceptor = @agent_acceptor, client_acceptor = @client_acceptor, revision = revision + 1
                WHERE id = @id AND revision = @revision
                """, [.. ListenerValues(listener, owner), ("id", (long)listener.Id), ("revision", listener.Revision)]);
            // Another process was faster between the two statements.
            if (changed == 0) return new ListenerChange.Outdated(before.Revision + 1);
            var saved = listener with { Revision = listener.Revision + 1 };
            EmitListener(w, EventKinds.ListenerSaved, before, saved, who);
            return new ListenerChange.Saved(saved);
        }, cancellationToken);

    /// <summary>Forgets a listener. False when there was none.</summary>
    public Task<bool> RemoveListenerAsync(int id, Actor who, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (await ReadListenerAsync(w.Sql, id) is not { } before) return false;
            if (await w.Sql.ExecuteAsync("DELETE FROM listeners WHERE id = @id", ("id", (long)id)) == 0) return false;
            EmitListener(w, EventKinds.ListenerRemoved, before, null, who);
            return true;
        }, cancellationToken);

    /// <summary>All listeners, by protocol, address, port and number.</summary>
    public Task<ImmutableArray<StoredListener>> ListListenersAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, ListenerOf, ListenerSelect + " ORDER BY l.protocol, l.address, l.port, l.id"), cancellationToken);

    /// <summary>Writes into the journal what became of a listener, other than a change of what is stored.</summary>
    /// <param name="kind">Such as <see cref="EventKinds.ListenerOpened"/>.</param>
    /// <param name="subject">As <see cref="ListenerSubject"/> has it.</param>
    /// <param name="reason">Why, in plain words; may be empty.</param>
    public Task SaveListenerEventAsync(string kind, string subject, string reason, Actor who, CancellationToken cancellationToken) =>
        WriteAsync(w =>
        {
            w.Emit(kind, subject, who.Name, EventData.By(who, ("reason", reason)));
            return ValueTask.FromResult(true);
        }, cancellationToken);

    /// <summary>What events call a listener.</summary>
    public static string ListenerSubject(string protocol, string address, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{protocol} {address}:{port}");

    private static void EmitListener(WriteSession w, string kind, StoredListener? before, StoredListener? after, Actor who)
    {
        var now = after ?? before!;
        w.Emit(kind, ListenerSubject(now.Protocol, now.Address, now.Port), who.Name, EventData.By(who,
            ("name", now.Name), ("enabled", after?.Enabled), ("origin", now.Origin),
            ("before", before is null ? null : FactsOf(before)), ("after", after is null ? null : FactsOf(after)),
            ("certificate_changed", before is not null && after is not null && before.Tls != after.Tls ? true : null)));
    }

    /// <summary>What the journal tells of a listener: never a key.</summary>
    private static JsonObject FactsOf(StoredListener l) => new()
    {
        ["name"] = l.Name,
        ["protocol"] = l.Protocol,
        ["address"] = l.Address,
        ["port"] = l.Port,
        ["enabled"] = l.Enabled,
        ["origin"] = l.Origin,
        ["owner"] = l.Owner,
        ["revisions"] = l.Revisions,
        ["tls"] = l.Tls.Kind,
        ["older_tls"] = l.Tls.Older,
        ["certificate"] = l.Tls.Kind == "files" ? l.Tls.Certificate : "",
        ["connections"] = l.MaxConnections,
        ["per_second"] = l.MaxPerSecond,
        ["handshake_ms"] = (long)l.Handshake.TotalMilliseconds,
        ["agent_acceptor"] = l.AgentAcceptor,
        ["client_acceptor"] = l.ClientAcceptor,
    };

    /// <summary>The id behind a name, held until the commit; empty for none, null when there is no such account.</summary>
    private async Task<string?> OwnerIdAsync(WriteSession w, string name) => name.Length == 0
        ? ""
        : await w.Sql.ScalarAsync<string>("SELECT id FROM accounts WHERE name = @name" + _dialect.ForShare, ("name", name));

    private static async Task<string> FreeNameAsync(WriteSession w, StoredListener listener)
    {
        string stem = listener.Port == 0 ? listener.Protocol : string.Create(CultureInfo.InvariantCulture, $"{listener.Protocol}-{listener.Port}");
        for (int i = 1; ; i++)
        {
            string name = i == 1 ? stem : string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}");
            if (await w.Sql.ScalarAsync<long>("SELECT COUNT(*) FROM listeners WHERE name_key = @key", ("key", KeyOf(name))) == 0) return name;
        }
    }

    private static async Task<StoredListener?> ReadListenerAsync(Session session, int id)
    {
        var found = await ListAsync(session, ListenerOf, ListenerSelect + " WHERE l.id = @id", ("id", (long)id));
        return found.IsEmpty ? null : found[0];
    }

    /// <summary>Runs a change; one that lost a name to another is answered as if it had come later.</summary>
    private async Task<ListenerChange> ChangeListenerAsync(Func<WriteSession, ValueTask<ListenerChange>> body, CancellationToken cancellationToken)
    {
        try
        {
            return await WriteAsync(body, cancellationToken);
        }
        catch (DbException e) when (_dialect.IsDuplicate(e))
        {
            return new ListenerChange.NameTaken();
        }
    }

    private static (string, object?)[] ListenerValues(StoredListener l, string owner) =>
    [
        ("name", l.Name), ("key", KeyOf(l.Name)), ("protocol", l.Protocol), ("address", l.Address), ("port", (long)l.Port), ("enabled", l.Enabled ? 1L : 0L),
        ("origin", l.Origin), ("revisions", l.Revisions), ("owner", owner), ("tls", l.Tls.Kind), ("certificate", l.Tls.Certificate),
        ("private_key", l.Tls.PrivateKey), ("older_tls", l.Tls.Older ? 1L : 0L), ("max_connections", (long)l.MaxConnections),
        ("max_per_second", (long)l.MaxPerSecond), ("handshake_ms", (long)l.Handshake.TotalMilliseconds),
        ("agent_acceptor", l.AgentAcceptor ? 1L : 0L), ("client_acceptor", l.ClientAcceptor ? 1L : 0L),
    ];

    private static StoredListener ListenerOf(DbDataReader r) =>
        new(r.GetString(0), r.GetString(1), (int)r.GetInt64(2), r.GetInt64(3) != 0, r.GetString(4), r.GetString(5))
        {
            Id = (int)r.GetInt64(6),
            Name = r.GetString(7),
            Owner = r.GetString(8),
            Tls = new StoredTls(r.GetString(9), r.GetString(10), r.GetString(11), r.GetInt64(12) != 0),
            MaxConnections = (int)r.GetInt64(13),
            MaxPerSecond = (int)r.GetInt64(14),
            Handshake = TimeSpan.FromMilliseconds(r.GetInt64(15)),
            AgentAcceptor = r.GetInt64(16) != 0,
            ClientAcceptor = r.GetInt64(17) != 0,
            Revision = r.GetInt64(18),
        };
}
