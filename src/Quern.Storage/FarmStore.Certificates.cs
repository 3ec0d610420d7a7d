using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

/// <content>Certificates of agents and who signs them.</content>
public sealed partial class FarmStore
{
    /// <summary>Certificates that an agent has in force at once: more are made by nobody who keeps them.</summary>
    private const int MaxCertificates = 8;

    private const string CertificateSelect = "SELECT serial, agent, authority, not_after, issued_at, revoked_at FROM agent_certificates";

    /// <summary>The authority of a group: the one that is there, else the one given. Two at once give one.</summary>
    public Task<StoredAuthority> EnsureAuthorityAsync(StoredAuthority authority, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            await w.Sql.ExecuteAsync("""
                INSERT INTO agent_authorities (id, team, certificate, private_key, created_at) VALUES (@id, @team, @certificate, @key, @time)
                ON CONFLICT (team) DO NOTHING
                """,
                ("id", authority.Id), ("team", authority.Team), ("certificate", Convert.ToBase64String(authority.Certificate.AsSpan())),
                ("key", authority.PrivateKey), ("time", w.Time));
            return (await ReadAuthorityAsync(w.Sql, authority.Team))!;
        }, cancellationToken);

    /// <summary>Who signs the certificates of a group; null when nobody does yet.</summary>
    public Task<StoredAuthority?> FindAuthorityAsync(string team, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadAuthorityAsync(session, team), cancellationToken);

    public Task<ImmutableArray<StoredAuthority>> ListAuthoritiesAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, AuthorityOf, "SELECT id, team, certificate, private_key FROM agent_authorities"), cancellationToken);

    /// <summary>Certificates, revoked ones too; those that are over are kept until their agent's next.</summary>
    /// <param name="agent">A UUID; empty for those of all.</param>
    public Task<ImmutableArray<StoredCertificate>> ListCertificatesAsync(string agent, CancellationToken cancellationToken) =>
        ReadAsync(session => agent.Length == 0
            ? ListAsync(session, CertificateOf, CertificateSelect)
            : ListAsync(session, CertificateOf, CertificateSelect + " WHERE agent = @agent ORDER BY issued_at", ("agent", agent)), cancellationToken);

    /// <summary>
    /// Keeps a certificate before it is given away. The ones before stay good until this one is used: whoever it is for may not get it, or
    /// die before it is stored.
    /// </summary>
    /// <returns>False when the agent may not have one any more.</returns>
    public Task<bool> SaveCertificateAsync(StoredCertificate certificate, string address, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (await LockAgentAsync(w, certificate.Agent) is not { State: AgentState.Active } agent) return false;
            var before = await ListAsync(w.Sql, CertificateOf, CertificateSelect + " WHERE agent = @agent ORDER BY issued_at", ("agent", agent.Uuid));
            foreach (var old in before.Where(c => c.NotAfter <= w.Now))
                await w.Sql.ExecuteAsync("DELETE FROM agent_certificates WHERE serial = @serial", ("serial", old.Serial));
            // Not the oldest: whoever asks and asks because it cannot store an answer still works by that one.
            foreach (var old in before.Where(c => c.NotAfter > w.Now && c.RevokedAt is null).Skip(1).SkipLast(MaxCertificates - 2))
                await w.Sql.ExecuteAsync("UPDATE agent_certificates SET revoked_at = @time WHERE serial = @serial", ("serial", old.Serial), ("time", w.Time));
            await w.Sql.ExecuteAsync("""
                INSERT INTO agent_certificates (serial, agent, authority, issued_at, not_after) VALUES (@serial, @agent, @authority, @time, @not_after)
                """,
                ("serial", certificate.Serial), ("agent", agent.Uuid), ("authority", certificate.Authority), ("time", w.Time),
                ("not_after", UnixMicroseconds.From(certificate.NotAfter)));
            w.Emit(EventKinds.AgentCertified, agent.Uuid, $"worker:{agent.Worker}", EventData.Of(
                ("worker", agent.Worker.Value), ("group", agent.Group), ("serial", certificate.Serial), ("address", address),
                ("not_after", certificate.NotAfter.ToString("O", System.Globalization.CultureInfo.InvariantCulture))));
            return true;
        }, cancellationToken);

    /// <summary>
    /// Keeps that an agent is here and what it says of itself. The certificate that it showed makes those before it worthless, and does what
    /// was asked of it when it is newer than the question.
    /// </summary>
    public Task AgentCameAsync(string uuid, string serial, string version, string platform, string hostname, string address, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (await LockAgentAsync(w, uuid) is not { } agent) return false;
            var all = await ListAsync(w.Sql, CertificateOf, CertificateSelect + " WHERE agent = @agent ORDER BY issued_at", ("agent", uuid));
            var shown = all.FirstOrDefault(c => c.Serial == serial);
            bool renewed = shown?.IssuedAt > agent.RenewalAskedAt;
            await w.Sql.ExecuteAsync("""
                UPDATE agents SET version = @version, platform = @platform, hostname = @hostname, address = @address, last_seen_at = @time,
                    renewal_asked_at = @asked
                WHERE uuid = @uuid
                """,
                ("uuid", uuid), ("version", version), ("platform", platform), ("hostname", hostname.Length > 0 ? hostname : agent.Hostname), ("address", address),
                ("time", w.Time), ("asked", UnixMicroseconds.From(renewed ? null : agent.RenewalAskedAt)));
            var older = all.Where(c => c.RevokedAt is null && c.IssuedAt < shown?.IssuedAt).ToList();
            foreach (var old in older)
                await w.Sql.ExecuteAsync("UPDATE agent_certificates SET revoked_at = @time WHERE serial = @serial", ("serial", old.Serial), ("time", w.Time));
            if (older.Count > 0) w.Emit(EventKinds.AgentRenewed, uuid, $"worker:{agent.Worker}", EventData.Of(
                ("worker", agent.Worker.Value), ("group", agent.Group), ("serial", serial), ("replaced", older.Count)));
            return true;
        }, cancellationToken);

    private static async Task<StoredAuthority?> ReadAuthorityAsync(Session session, string team)
    {
        await using var reader = await session.QueryAsync("SELECT id, team, certificate, private_key FROM agent_authorities WHERE team = @team", ("team", team));
        return await reader.ReadAsync() ? AuthorityOf(reader) : null;
    }

    private static StoredAuthority AuthorityOf(DbDataReader r) =>
        new(r.GetString(0), r.GetString(1), [.. Convert.FromBase64String(r.GetString(2))], r.GetString(3));

    private static StoredCertificate CertificateOf(DbDataReader r) =>
        new(r.GetString(0), r.GetString(1), r.GetString(2), UnixMicroseconds.ToTime(r.GetInt64(3)))
        {
            IssuedAt = UnixMicroseconds.ToTime(r.GetInt64(4)),
            RevokedAt = TimeOrNull(r, 5),
        };
}
