using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    /// <summary>Adds a listener or changes whether it is enabled and who owns it, and what it speaks.</summary>
    public Task UpsertListenerAsync(StoredListener listener, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            await w.Sql.ExecuteAsync("""
                INSERT INTO listeners (protocol, address, port, enabled, origin, revisions)
                VALUES (@protocol, @address, @port, @enabled, @origin, @revisions)
                ON CONFLICT (protocol, address, port) DO UPDATE SET
                    enabled = excluded.enabled, origin = excluded.origin, revisions = excluded.revisions
                """,
                ("protocol", listener.Protocol), ("address", listener.Address), ("port", (long)listener.Port),
                ("enabled", listener.Enabled ? 1L : 0L), ("origin", listener.Origin), ("revisions", listener.Revisions));
            w.Emit(EventKinds.ListenerSaved, SubjectOf(listener.Protocol, listener.Address, listener.Port), actor.Name,
                EventData.Of(("enabled", listener.Enabled), ("origin", listener.Origin)));
            return true;
        }, cancellationToken);

    /// <summary>Forgets a listener. False when there was none.</summary>
    public Task<bool> RemoveListenerAsync(string protocol, string address, int port, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            bool removed = await w.Sql.ExecuteAsync(
                "DELETE FROM listeners WHERE protocol = @protocol AND address = @address AND port = @port",
                ("protocol", protocol), ("address", address), ("port", (long)port)) > 0;
            if (removed) w.Emit(EventKinds.ListenerRemoved, SubjectOf(protocol, address, port), actor.Name);
            return removed;
        }, cancellationToken);

    /// <summary>All listeners, by protocol, address and port.</summary>
    public Task<ImmutableArray<StoredListener>> ListListenersAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session,
            r => new StoredListener(r.GetString(0), r.GetString(1), (int)r.GetInt64(2), r.GetInt64(3) != 0, r.GetString(4), r.GetString(5)),
            "SELECT protocol, address, port, enabled, origin, revisions FROM listeners ORDER BY protocol, address, port"), cancellationToken);

    /// <summary>Writes into the journal that a listener was opened or closed.</summary>
    /// <param name="opened">False for closed.</param>
    /// <param name="reason">Why, in plain words; may be empty.</param>
    public Task SaveListenerEventAsync(
        string protocol, string address, int port, bool opened, string reason, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(w =>
        {
            w.Emit(opened ? EventKinds.ListenerOpened : EventKinds.ListenerClosed, SubjectOf(protocol, address, port), actor.Name,
                EventData.Of(("reason", reason)));
            return ValueTask.FromResult(true);
        }, cancellationToken);

    private static string SubjectOf(string protocol, string address, int port) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{protocol} {address}:{port}");
}
