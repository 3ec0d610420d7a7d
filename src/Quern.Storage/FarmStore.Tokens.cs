using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    /// <summary>Stores a token by its secret's hash; one that exists gets the new rights and end.</summary>
    /// <param name="rights">JSON, as the authorization point reads it.</param>
    /// <param name="expiresAt">Null for never.</param>
    public Task SaveTokenAsync(
        Sha256Hash secret, string principal, string rights, DateTimeOffset? expiresAt, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            await w.Sql.ExecuteAsync("""
                INSERT INTO tokens (secret_sha256, principal, rights, created_at, expires_at)
                VALUES (@secret, @principal, @rights, @time, @expires_at)
                ON CONFLICT (secret_sha256) DO UPDATE SET principal = excluded.principal, rights = excluded.rights,
                    expires_at = excluded.expires_at
                """,
                ("secret", secret.Hex), ("principal", principal), ("rights", rights), ("time", w.Time),
                ("expires_at", expiresAt is { } end ? UnixMicroseconds.From(end) : null));
            // Neither secret nor hash goes into the journal, which many may read.
            w.Emit(EventKinds.TokenIssued, principal, actor.Name);
            return true;
        }, cancellationToken);

    /// <summary>The token with this secret's hash, expired or not; null when there is none.</summary>
    public Task<StoredToken?> FindTokenAsync(Sha256Hash secret, CancellationToken cancellationToken) =>
        ReadAsync(async session =>
        {
            await using var reader = await session.QueryAsync(
                "SELECT principal, rights, created_at, COALESCE(expires_at, 0) FROM tokens WHERE secret_sha256 = @secret", ("secret", secret.Hex));
            if (!await reader.ReadAsync()) return null;
            long end = reader.GetInt64(3);
            return new StoredToken(secret, reader.GetString(0), reader.GetString(1), UnixMicroseconds.ToTime(reader.GetInt64(2)),
                end == 0 ? null : UnixMicroseconds.ToTime(end));
        }, cancellationToken);

    /// <summary>Makes a token worthless. False when there was none.</summary>
    public Task<bool> RevokeTokenAsync(Sha256Hash secret, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            string? principal = await w.Sql.ScalarAsync<string>("SELECT principal FROM tokens WHERE secret_sha256 = @secret", ("secret", secret.Hex));
            if (principal is null) return false;
            await w.Sql.ExecuteAsync("DELETE FROM tokens WHERE secret_sha256 = @secret", ("secret", secret.Hex));
            w.Emit(EventKinds.TokenRevoked, principal, actor.Name);
            return true;
        }, cancellationToken);
}
