using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const string TokenSelect = """
        SELECT secret_sha256, principal, rights, created_at, expires_at, id, name, kind, account, last_used_at, idle_time, idle_until, address, product, networks, proved_at
        FROM tokens
        """;

    /// <summary>Stores a new token. False when its account is gone or disabled: then there is none.</summary>
    public Task<bool> SaveTokenAsync(StoredToken token, Actor actor, CancellationToken cancellationToken) => SaveTokenAsync(token, "", actor, cancellationToken);

    /// <summary>The same for a token that another one asks for. False too when that one has ended meanwhile: nothing is left of what was ended.</summary>
    /// <param name="maker">The id of the token that asks; empty for none.</param>
    public Task<bool> SaveTokenAsync(StoredToken token, string maker, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (token.Account.Length > 0 && await w.Sql.ScalarAsync<string>(
                "SELECT id FROM accounts WHERE id = @id AND disabled = 0" + _dialect.ForShare, ("id", token.Account)) is null) return false;
            // After the account, which whoever ends its tokens holds: what that waits for is seen here.
            if (maker.Length > 0 && await w.Sql.ScalarAsync<string>("SELECT id FROM tokens WHERE id = @id" + _dialect.ForShare, ("id", maker)) is null) return false;
            await InsertTokenAsync(w, token);
            // Neither secret nor hash goes into the journal, which many may read.
            w.Emit(EventKinds.TokenIssued, token.Principal, actor.Name, FactsOf(token, actor));
            return true;
        }, cancellationToken);

    /// <summary>The token with this secret's hash, expired or not, and what its account may do now; null when there is none.</summary>
    public Task<Bearer?> FindBearerAsync(Sha256Hash secret, CancellationToken cancellationToken) =>
        ReadAsync(async session =>
        {
            if (await ReadTokenAsync(session, "secret_sha256", secret.Hex) is not { } token) return null;
            if (token.Account.Length == 0) return new Bearer(token, null, [], []);
            var account = await ReadAccountAsync(session, "id", token.Account);
            if (account is null) return new Bearer(token, null, [], []);
            var (farm, groups) = await RightsOfAsync(session, account.Id);
            return new Bearer(token, account, farm, groups);
        }, cancellationToken);

    /// <summary>Keeps that a token was used; of bookkeeping no event is written.</summary>
    /// <param name="idleUntil">Its new end for want of use; null when it has none.</param>
    public Task TouchTokenAsync(Sha256Hash secret, DateTimeOffset usedAt, DateTimeOffset? idleUntil, CancellationToken cancellationToken) =>
        WriteAsync(async w => await w.Sql.ExecuteAsync("UPDATE tokens SET last_used_at = @used, idle_until = @until WHERE secret_sha256 = @secret",
            ("secret", secret.Hex), ("used", UnixMicroseconds.From(usedAt)), ("until", UnixMicroseconds.From(idleUntil))), cancellationToken);

    /// <summary>Tokens that are not over, oldest first.</summary>
    /// <param name="account">An account's id; null for those of all and of the farm.</param>
    public async Task<ImmutableArray<StoredToken>> ListTokensAsync(string? account, CancellationToken cancellationToken)
    {
        var all = await ReadAsync(session => account is null
            ? ListAsync(session, TokenOf, TokenSelect + " ORDER BY created_at, id")
            : ListAsync(session, TokenOf, TokenSelect + " WHERE account = @account ORDER BY created_at, id", ("account", account)), cancellationToken);
        var now = _time.GetUtcNow();
        return [.. all.Where(t => !t.IsOver(now))];
    }

    /// <summary>The token of this id, expired or not; null when there is none.</summary>
    public Task<StoredToken?> FindTokenAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(session => ReadTokenAsync(session, "id", id), cancellationToken);

    /// <summary>Makes a token worthless. False when there was none.</summary>
    public Task<bool> RevokeTokenAsync(string id, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            if (await ReadTokenAsync(w.Sql, "id", id) is not { } token) return false;
            await w.Sql.ExecuteAsync("DELETE FROM tokens WHERE id = @id", ("id", id));
            w.Emit(EventKinds.TokenRevoked, token.Principal, actor.Name, FactsOf(token, actor));
            return true;
        }, cancellationToken);

    /// <summary>Forgets tokens whose end is past; nobody could use them any more, so no event is written.</summary>
    public Task<int> ForgetOldTokensAsync(CancellationToken cancellationToken) =>
        WriteAsync(async w => await w.Sql.ExecuteAsync("DELETE FROM tokens WHERE expires_at <= @now OR idle_until <= @now", ("now", w.Time)), cancellationToken);

    private static Task<int> InsertTokenAsync(WriteSession w, StoredToken token) => w.Sql.ExecuteAsync("""
        INSERT INTO tokens (secret_sha256, principal, rights, created_at, expires_at, id, name, kind, account, idle_time, idle_until, address, product, networks,
            proved_at)
        VALUES (@secret, @principal, @rights, @time, @expires_at, @id, @name, @kind, @account, @idle_time, @idle_until, @address, @product, @networks,
            @proved_at)
        """,
        ("secret", token.SecretSha256.Hex), ("principal", token.Principal), ("rights", token.Rights), ("time", w.Time),
        ("expires_at", UnixMicroseconds.From(token.ExpiresAt)), ("id", token.Id), ("name", token.Name), ("kind", KindWord(token.Kind)),
        ("account", token.Account), ("idle_time", token.IdleTime is { } idle ? (long)(idle.Ticks / TimeSpan.TicksPerMicrosecond) : null),
        ("idle_until", UnixMicroseconds.From(token.IdleUntil)), ("address", token.Address), ("product", token.Product),
        ("networks", StorageJson.Write(token.Networks)), ("proved_at", UnixMicroseconds.From(token.ProvedAt)));

    /// <summary>Ends the sessions and API tokens of an account, but for one. How many there were.</summary>
    private static Task<int> EndTokensAsync(WriteSession w, string account, string? keep) => w.Sql.ExecuteAsync(
        "DELETE FROM tokens WHERE account = @account AND id <> @keep", ("account", account), ("keep", keep ?? ""));

    private static async Task<StoredToken?> ReadTokenAsync(Session session, string column, string value)
    {
        await using var reader = await session.QueryAsync($"{TokenSelect} WHERE {column} = @value", ("value", value));
        return await reader.ReadAsync() ? TokenOf(reader) : null;
    }

    private static StoredToken TokenOf(DbDataReader r) => new(
        HashOf(r.GetString(0)), r.GetString(1), r.GetString(2), UnixMicroseconds.ToTime(r.GetInt64(3)), TimeOrNull(r, 4))
    {
        Id = r.GetString(5),
        Name = r.GetString(6),
        Kind = r.GetString(7) switch { "session" => TokenKind.Session, "api" => TokenKind.Api, _ => TokenKind.Farm },
        Account = r.GetString(8),
        LastUsedAt = TimeOrNull(r, 9),
        IdleTime = r.IsDBNull(10) ? null : TimeSpan.FromMicroseconds(r.GetInt64(10)),
        IdleUntil = TimeOrNull(r, 11),
        Address = r.GetString(12),
        Product = r.GetString(13),
        Networks = StorageJson.Read<ImmutableArray<string>>(r.GetString(14)),
        ProvedAt = TimeOrNull(r, 15),
    };

    private static string FactsOf(StoredToken token, Actor actor) => EventData.By(actor,
        ("id", token.Id), ("name", token.Name), ("kind", KindWord(token.Kind)), ("rights", token.Rights),
        ("expires_at", token.ExpiresAt?.ToString("O", System.Globalization.CultureInfo.InvariantCulture)),
        ("networks", token.Networks.IsEmpty ? null : string.Join(' ', token.Networks)));

    private static string KindWord(TokenKind kind) => kind switch { TokenKind.Session => "session", TokenKind.Api => "api", _ => "farm" };
}
