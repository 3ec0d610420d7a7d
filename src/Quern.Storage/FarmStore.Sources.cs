using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const string SourceSelect = "SELECT id, filename, description, sha256, bytes, added_by, time FROM sources";

    /// <summary>Registers a managed extra source whose bytes are already in the artifact store.</summary>
    /// <returns>Its id, by which recipes name it.</returns>
    public Task<string> AddSourceAsync(
        string filename, string description, Sha256Hash sha256, long bytes, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            string id = Guid.CreateVersion7(w.Now).ToString("D");
            await PutSourceAsync(w, id, filename, description, sha256, bytes, actor);
            return id;
        }, cancellationToken);

    /// <summary>Registers an extra source under the id that another farm gave it, so that recipes need not change.</summary>
    /// <param name="id">A UUID in lower-case text.</param>
    /// <returns>False when the id is taken, by whatever; nothing changed then.</returns>
    public async Task<bool> ImportSourceAsync(
        string id, string filename, string description, Sha256Hash sha256, long bytes, Actor actor, CancellationToken cancellationToken) =>
        await WriteAsync(async w => await PutSourceAsync(w, id, filename, description, sha256, bytes, actor), cancellationToken);

    /// <summary>All managed extra sources, oldest first.</summary>
    public Task<ImmutableArray<ExtraSource>> ListSourcesAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, SourceOf, SourceSelect + " ORDER BY time, id"), cancellationToken);

    /// <summary>The managed extra source with this id; null when there is none.</summary>
    public Task<ExtraSource?> FindSourceAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(async session =>
        {
            await using var reader = await session.QueryAsync(SourceSelect + " WHERE id = @id", ("id", id));
            return await reader.ReadAsync() ? SourceOf(reader) : null;
        }, cancellationToken);

    /// <summary>Forgets a managed extra source; its bytes stay in the artifact store. False when there was none.</summary>
    public Task<bool> RemoveSourceAsync(string id, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            bool removed = await w.Sql.ExecuteAsync("DELETE FROM sources WHERE id = @id", ("id", id)) > 0;
            if (removed) w.Emit(EventKinds.SourceRemoved, id, actor.Name);
            return removed;
        }, cancellationToken);

    /// <summary>What the first fetch of an address brought; null when it was never fetched.</summary>
    public Task<SourcePin?> FindPinAsync(string url, CancellationToken cancellationToken) =>
        ReadAsync(session => PinAsync(session, url), cancellationToken);

    /// <summary>Records what a fetch brought, unless an earlier one has been recorded.</summary>
    /// <returns>The pin in force: the caller compares its hash with what it got.</returns>
    public Task<SourcePin> RecordPinAsync(string url, Sha256Hash sha256, long bytes, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            int added = await w.Sql.ExecuteAsync(
                "INSERT INTO pins (url, sha256, bytes, time) VALUES (@url, @sha256, @bytes, @time) ON CONFLICT (url) DO NOTHING",
                ("url", url), ("sha256", sha256.Hex), ("bytes", bytes), ("time", w.Time));
            if (added > 0)
                w.Emit(EventKinds.SourcePinned, url, Actor.Farm.Name, EventData.Of(("sha256", sha256.Hex), ("bytes", bytes)));
            return (await PinAsync(w.Sql, url))!;
        }, cancellationToken);

    private static async Task<bool> PutSourceAsync(
        WriteSession w, string id, string filename, string description, Sha256Hash sha256, long bytes, Actor actor)
    {
        int added = await w.Sql.ExecuteAsync("""
            INSERT INTO sources (id, filename, description, sha256, bytes, added_by, time)
            VALUES (@id, @filename, @description, @sha256, @bytes, @added_by, @time) ON CONFLICT (id) DO NOTHING
            """,
            ("id", id), ("filename", filename), ("description", description), ("sha256", sha256.Hex), ("bytes", bytes),
            ("added_by", actor.Name), ("time", w.Time));
        if (added > 0) w.Emit(EventKinds.SourceAdded, id, actor.Name, EventData.Of(("filename", filename), ("sha256", sha256.Hex), ("bytes", bytes)));
        return added > 0;
    }

    private static async Task<SourcePin?> PinAsync(Session session, string url)
    {
        await using var reader = await session.QueryAsync("SELECT url, sha256, bytes, time FROM pins WHERE url = @url", ("url", url));
        return await reader.ReadAsync()
            ? new SourcePin(reader.GetString(0), HashOf(reader.GetString(1)), reader.GetInt64(2), UnixMicroseconds.ToTime(reader.GetInt64(3)))
            : null;
    }

    private static ExtraSource SourceOf(DbDataReader reader) => new(
        reader.GetString(0), reader.GetString(1), reader.GetString(2), HashOf(reader.GetString(3)), reader.GetInt64(4),
        new Actor(reader.GetString(5)), UnixMicroseconds.ToTime(reader.GetInt64(6)));
}
