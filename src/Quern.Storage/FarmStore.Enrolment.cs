using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

/// <content>Enrolment keys, and what becomes of a machine that shows one.</content>
public sealed partial class FarmStore
{
    private const string EnrolmentKeySelect = """
        SELECT k.id, k.secret_sha256, k.team, k.expires_at, COALESCE(t.name, ''), k.created_by, k.created_at, k.max_uses, k.uses_left,
            k.require_approval, k.networks, k.tags, k.slots, k.note, k.revoked_at
        FROM enrolment_keys k LEFT JOIN teams t ON t.id = k.team
        """;

    /// <summary>For how long a key is listed after its end.</summary>
    private static readonly TimeSpan s_keysKept = TimeSpan.FromDays(90);

    /// <summary>Stores a new key, and forgets those that have been over for long. False when its group is gone.</summary>
    public Task<bool> SaveEnrolmentKeyAsync(StoredEnrolmentKey key, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (await w.Sql.ScalarAsync<string>("SELECT id FROM teams WHERE id = @team" + _dialect.ForShare, ("team", key.Team)) is null) return false;
            // Who still waits to be let in has to show its key again.
            await w.Sql.ExecuteAsync(
                "DELETE FROM enrolment_keys WHERE expires_at < @before AND id NOT IN (SELECT enrolment_key FROM agents WHERE state = 'pending')",
                ("before", UnixMicroseconds.From(w.Now - s_keysKept)));
            await w.Sql.ExecuteAsync("""
                INSERT INTO enrolment_keys (id, secret_sha256, team, created_by, created_at, expires_at, max_uses, uses_left, require_approval, networks, tags,
                    slots, note)
                VALUES (@id, @secret, @team, @by, @time, @expires_at, @max_uses, @max_uses, @approval, @networks, @tags, @slots, @note)
                """,
                ("id", key.Id), ("secret", key.SecretSha256.Hex), ("team", key.Team), ("by", actor.Name), ("time", w.Time),
                ("expires_at", UnixMicroseconds.From(key.ExpiresAt)), ("max_uses", (long)key.MaxUses), ("approval", key.RequireApproval ? 1L : 0L),
                ("networks", StorageJson.Write(key.Networks)), ("tags", StorageJson.Write(key.Tags)), ("slots", (long)key.Slots), ("note", key.Note));
            w.Emit(EventKinds.EnrolmentKeyIssued, key.Id, actor.Name, FactsOf(key));
            return true;
        }, cancellationToken);

    /// <summary>All keys, newest first, used and expired ones too until they are forgotten.</summary>
    public Task<ImmutableArray<StoredEnrolmentKey>> ListEnrolmentKeysAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, EnrolmentKeyOf, EnrolmentKeySelect + " ORDER BY k.created_at DESC, k.id"), cancellationToken);

    /// <summary>The key of this id; null when there is none.</summary>
    public Task<StoredEnrolmentKey?> FindEnrolmentKeyAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadEnrolmentKeyAsync(session, "id", id), cancellationToken);

    /// <summary>Makes a key worthless; whoever came in with it stays. False when there is none, or it was revoked before.</summary>
    public Task<bool> RevokeEnrolmentKeyAsync(string id, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (await ReadEnrolmentKeyAsync(w.Sql, "id", id) is not { RevokedAt: null } key) return false;
            await w.Sql.ExecuteAsync("UPDATE enrolment_keys SET revoked_at = @time WHERE id = @id", ("id", id), ("time", w.Time));
            w.Emit(EventKinds.EnrolmentKeyRevoked, id, actor.Name, FactsOf(key));
            return true;
        }, cancellationToken);

    /// <summary>Makes an agent of a machine that shows a good key, which is used up by it. Two with the last use of a key: one gets it.</summary>
    public Task<EnrolmentResult> EnrolAgentAsync(Enrolment enrolment, CancellationToken cancellationToken) =>
        WriteAsync<EnrolmentResult>(async w =>
        {
            // Locked by a statement of its own: one that joins cannot be locked, and what it waits for is then seen by those that follow.
            string? id = await w.Sql.ScalarAsync<string>(
                "SELECT id FROM enrolment_keys WHERE secret_sha256 = @secret" + _dialect.ForUpdate, ("secret", enrolment.Secret.Hex));
            var key = id is null ? null : await ReadEnrolmentKeyAsync(w.Sql, "id", id);
            var known = key is null ? null : await ReadEnrolledAsync(w, key.Id, enrolment.PublicKeySha256);
            if (Refusal(key, known, enrolment, w.Now) is { } reason)
            {
                w.Emit(EventKinds.AgentRefused, key?.Id ?? "", "stranger", EventData.Of(
                    ("reason", reason), ("address", enrolment.From.ToString()), ("group", key?.Group), ("worker", known?.Worker.Value)));
                return new EnrolmentResult.Refused(reason);
            }
            if (known is not null) return new EnrolmentResult.Joined(known);

            var agent = new StoredAgent(
                enrolment.Uuid, await FreeNameAsync(w, enrolment), key!.Team, key.RequireApproval ? AgentState.Pending : AgentState.Active, key.Id, enrolment.PublicKeySha256)
            {
                Group = key.Group,
                Tags = key.Tags,
                Slots = key.Slots,
                Hostname = enrolment.Hostname,
                Address = enrolment.From.ToString(),
                FirstSeenAt = w.Now,
            };
            await w.Sql.ExecuteAsync("UPDATE enrolment_keys SET uses_left = uses_left - 1 WHERE id = @id", ("id", key.Id));
            await InsertAgentAsync(w, agent);
            w.Emit(EventKinds.AgentEnrolled, agent.Uuid, $"enrolment-key:{key.Id}", FactsOf(agent));
            return new EnrolmentResult.Joined(agent);
        }, cancellationToken);

    /// <summary>Keeps that a machine was turned away before its key was looked at, or with a certificate that is worth nothing.</summary>
    /// <param name="subject">The id of the key or the UUID of the agent, if known; else empty.</param>
    public Task RefuseAgentAsync(string subject, string reason, string address, CancellationToken cancellationToken) =>
        WriteAsync(w =>
        {
            w.Emit(EventKinds.AgentRefused, subject, "stranger", EventData.Of(("reason", reason), ("address", address)));
            return ValueTask.FromResult(true);
        }, cancellationToken);

    /// <summary>Why this key lets nobody in; null when it does.</summary>
    /// <param name="known">The agent that this key and this public key made before.</param>
    private static string? Refusal(StoredEnrolmentKey? key, StoredAgent? known, Enrolment enrolment, DateTimeOffset now)
    {
        if (key is null) return "no such key";
        if (key.RevokedAt is not null) return "the key was revoked";
        if (!key.Admits(enrolment.From)) return "the key is not for this network";
        if (key.Group.Length == 0) return "the key's group is gone";
        return known switch
        {
            { State: AgentState.Rejected } => "the agent was rejected",
            { State: AgentState.Revoked } => "the agent was revoked",
            // Who must be let in by hand has had to wait, perhaps beyond the end of the key that it showed in time.
            { State: AgentState.Pending } or { CertificateNotAfter: null } => null,
            _ when key.ExpiresAt <= now => "the key is over",
            null when key.UsesLeft <= 0 => "the key is used up",
            _ => null,
        };
    }

    private static async Task<StoredAgent?> ReadEnrolledAsync(WriteSession w, string key, Sha256Hash publicKey)
    {
        await using var reader = await w.Sql.QueryAsync(
            AgentSelect + " WHERE a.enrolment_key = @key AND a.public_key_sha256 = @public", ("key", key), ("public", publicKey.Hex));
        return await reader.ReadAsync() ? AgentOf(reader) : null;
    }

    /// <summary>The wanted name if nobody has it, else that name with the first number that makes it free.</summary>
    private static async Task<WorkerName> FreeNameAsync(WriteSession w, Enrolment enrolment)
    {
        string wanted = enrolment.WantedName?.Value ?? "agent";
        bool numbered = enrolment.WantedName is null;
        // Room for the number.
        string stem = wanted.Length > 112 ? wanted[..112] : wanted;
        for (int number = 1; ; number++)
        {
            string name = number > 1 || numbered ? $"{stem}-{number}" : wanted;
            if (!enrolment.NamesTaken.Contains(name) && !await IsWorkerAsync(w, name)) return new WorkerName(name);
        }
    }

    private static async Task InsertAgentAsync(WriteSession w, StoredAgent agent)
    {
        await w.Sql.ExecuteAsync("""
            INSERT INTO workers (name, slots, password_sha256, password_md5, enabled, origin) VALUES (@name, @slots, '', '', @enabled, @origin)
            """,
            ("name", agent.Worker.Value), ("slots", (long)agent.Slots),
            ("enabled", agent.State == AgentState.Active ? 1L : 0L), ("origin", WorkerAccount.OfAgent));
        await w.Sql.ExecuteAsync("""
            INSERT INTO agents (uuid, worker, team, state, enrolment_key, public_key_sha256, tags, hostname, platform, version, address, first_seen_at)
            VALUES (@uuid, @worker, @team, @state, @key, @public, @tags, @hostname, '', '', @address, @time)
            """,
            ("uuid", agent.Uuid), ("worker", agent.Worker.Value), ("team", agent.Team), ("state", WordOf(agent.State)), ("key", agent.EnrolmentKey),
            ("public", agent.PublicKeySha256.Hex), ("tags", StorageJson.Write(agent.Tags)), ("hostname", agent.Hostname), ("address", agent.Address), ("time", w.Time));
    }

    private static async Task<StoredEnrolmentKey?> ReadEnrolmentKeyAsync(Session session, string column, string value)
    {
        await using var reader = await session.QueryAsync($"{EnrolmentKeySelect} WHERE k.{column} = @value", ("value", value));
        return await reader.ReadAsync() ? EnrolmentKeyOf(reader) : null;
    }

    private static StoredEnrolmentKey EnrolmentKeyOf(DbDataReader r) =>
        new(r.GetString(0), HashOf(r.GetString(1)), r.GetString(2), UnixMicroseconds.ToTime(r.GetInt64(3)))
        {
            Group = r.GetString(4),
            CreatedBy = r.GetString(5),
            CreatedAt = UnixMicroseconds.ToTime(r.GetInt64(6)),
            MaxUses = (int)r.GetInt64(7),
            UsesLeft = (int)r.GetInt64(8),
            RequireApproval = r.GetInt64(9) != 0,
            Networks = StorageJson.Read<ImmutableArray<string>>(r.GetString(10)),
            Tags = StorageJson.Read<ImmutableArray<string>>(r.GetString(11)),
            Slots = (int)r.GetInt64(12),
            Note = r.GetString(13),
            RevokedAt = TimeOrNull(r, 14),
        };

    // Neither secret nor hash: many may read the journal.
    private static string FactsOf(StoredEnrolmentKey key) => EventData.Of(
        ("group", key.Group), ("max_uses", key.MaxUses), ("require_approval", key.RequireApproval), ("networks", string.Join(' ', key.Networks)),
        ("expires_at", key.ExpiresAt.ToString("O", System.Globalization.CultureInfo.InvariantCulture)), ("note", key.Note));
}
