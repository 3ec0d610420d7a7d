using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    /// <summary>Keeps that a worker came, went or was turned away.</summary>
    /// <param name="kind"><c>connected</c>, <c>disconnected</c> or <c>refused</c>.</param>
    public Task SaveWorkerEventAsync(
        WorkerName worker, string kind, string reason, WorkerDescription? description, CancellationToken cancellationToken)
    {
        if (kind is not ("connected" or "disconnected" or "refused"))
            throw new ArgumentException($"'{kind}' is not connected, disconnected or refused.", nameof(kind));
        string? json = description is null ? null : StorageJson.Write(description);
        return WriteAsync(async w =>
        {
            await w.Sql.ExecuteAsync("""
                INSERT INTO worker_events (worker, time, kind, reason, description) VALUES (@worker, @time, @kind, @reason, @description)
                """,
                ("worker", worker.Value), ("time", w.Time), ("kind", kind), ("reason", reason), ("description", json));
            w.Emit(EventKinds.WorkerPrefix + kind, worker.Value, $"worker:{worker}", EventData.Of(
                ("reason", reason), ("protocol", description?.Protocol), ("version", description?.Version)));
            return true;
        }, cancellationToken);
    }

    /// <summary>What happened to a worker's connections, newest first.</summary>
    public Task<ImmutableArray<WorkerEvent>> ListWorkerEventsAsync(WorkerName worker, int limit, CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, WorkerEventOf,
            "SELECT worker, time, kind, reason, description FROM worker_events WHERE worker = @worker ORDER BY number DESC LIMIT @limit",
            ("worker", worker.Value), ("limit", (long)limit)), cancellationToken);

    /// <summary>Adds or changes a worker that may join.</summary>
    public Task UpsertWorkerAsync(WorkerAccount worker, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            await w.Sql.ExecuteAsync("""
                INSERT INTO workers (name, slots, password_sha256, password_md5, password_hash, sealed_md5, enabled, origin)
                VALUES (@name, @slots, @password, @md5, @hash, @sealed, @enabled, @origin)
                ON CONFLICT (name) DO UPDATE SET slots = excluded.slots, password_sha256 = excluded.password_sha256, password_md5 = excluded.password_md5,
                    password_hash = excluded.password_hash, sealed_md5 = excluded.sealed_md5, enabled = excluded.enabled, origin = excluded.origin
                """,
                ("name", worker.Name.Value), ("slots", (long)worker.Slots), ("password", worker.PasswordSha256.Hex), ("md5", worker.PasswordMd5),
                ("hash", worker.PasswordHash), ("sealed", worker.SealedMd5), ("enabled", worker.Enabled ? 1L : 0L), ("origin", worker.Origin));
            w.Emit(EventKinds.WorkerSaved, worker.Name.Value, actor.Name, EventData.Of(
                ("slots", worker.Slots), ("enabled", worker.Enabled), ("origin", worker.Origin)));
            return true;
        }, cancellationToken);

    /// <summary>Changes how many jobs a worker runs at once and nothing else, so that a new password of the same moment stays. False when there is no account.</summary>
    /// <param name="slots">1 or more.</param>
    public Task<bool> SetWorkerSlotsAsync(WorkerName name, int slots, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (await w.Sql.ExecuteAsync("UPDATE workers SET slots = @slots WHERE name = @name", ("name", name.Value), ("slots", (long)slots)) == 0) return false;
            var (enabled, origin) = (await ListAsync(w.Sql, r => (r.GetInt64(0) != 0, r.GetString(1)),
                "SELECT enabled, origin FROM workers WHERE name = @name", ("name", name.Value)))[0];
            w.Emit(EventKinds.WorkerSaved, name.Value, actor.Name, EventData.Of(("slots", slots), ("enabled", enabled), ("origin", origin)));
            return true;
        }, cancellationToken);

    /// <summary>Removes a worker's account; its events stay. False when there was none.</summary>
    public Task<bool> RemoveWorkerAsync(WorkerName name, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            bool removed = await w.Sql.ExecuteAsync("DELETE FROM workers WHERE name = @name", ("name", name.Value)) > 0;
            if (removed) w.Emit(EventKinds.WorkerRemoved, name.Value, actor.Name);
            return removed;
        }, cancellationToken);

    /// <summary>All workers that may join, by name.</summary>
    public Task<ImmutableArray<WorkerAccount>> ListWorkersAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, WorkerAccountOf,
            "SELECT name, slots, password_sha256, enabled, origin, password_md5, password_hash, sealed_md5 FROM workers ORDER BY name"), cancellationToken);

    private static WorkerAccount WorkerAccountOf(DbDataReader reader) => new(
        new WorkerName(reader.GetString(0)), (int)reader.GetInt64(1), reader.GetString(2) is { Length: > 0 } hash ? HashOf(hash) : default,
        reader.GetInt64(3) != 0, reader.GetString(4))
    {
        PasswordMd5 = reader.GetString(5),
        PasswordHash = reader.GetString(6),
        SealedMd5 = reader.GetString(7),
    };

    private static WorkerEvent WorkerEventOf(DbDataReader reader) => new(
        new WorkerName(reader.GetString(0)), UnixMicroseconds.ToTime(reader.GetInt64(1)), reader.GetString(2), reader.GetString(3),
        reader.IsDBNull(4) ? null : StorageJson.Read<WorkerDescription>(reader.GetString(4)));
}
