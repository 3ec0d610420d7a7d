using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access;

/// <summary>Makes tokens and finds whose they are. The secret is seen once; the store has its SHA-256.</summary>
/// <remarks>
/// What a token may do is computed from its account. That is remembered for five seconds, which is how late another process's revocation, or
/// an account that was disabled there, is felt; what this process changes is felt at once (<see cref="Forget"/>).
/// </remarks>
internal sealed class TokenBook(FarmStore store, AccountSettings settings, TimeProvider time)
{
    private const string Prefix = "quern_";
    private const int SecretBytes = 32;
    private const int MaxRemembered = 1024;
    private const int MaxProduct = 120;
    private static readonly TimeSpan Remember = TimeSpan.FromSeconds(5);

    /// <summary>How exactly the last use is kept: a write for each request would be too much.</summary>
    private static readonly TimeSpan TouchEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Sha256Hash, (Principal Principal, ImmutableArray<IPNetwork> Networks, DateTimeOffset Until)> _found = new();

    /// <summary>Counts changes: what was looked up before one is not remembered after it.</summary>
    private long _changes;

    /// <summary>Where it is kept that a token came from a network that it is not for; null to keep it nowhere.</summary>
    public RefusalBook? Refusals { get; init; }

    /// <summary>A new token of the farm itself, with rights of its own. Its secret stands nowhere else.</summary>
    public async Task<string> IssueAsync(Principal principal, TimeSpan? lifetime, Actor actor, CancellationToken cancellationToken)
    {
        string secret = NewSecret();
        var now = time.GetUtcNow();
        await store.SaveTokenAsync(new StoredToken(HashOf(secret), principal.Name, Words(principal.Rights), now, lifetime is { } span ? now + span : null), actor, cancellationToken);
        return secret;
    }

    /// <summary>A session for somebody who signs in; it counts once it is stored (<see cref="FarmStore.SignInAsync"/>).</summary>
    public (string Secret, StoredToken Session) NewSession(StoredAccount account) => NewSession(account, NewSecret(), settings.SessionIdle);

    /// <summary>The same with where it comes from.</summary>
    /// <param name="product">What is used, as it calls itself, of whatever length; may be empty.</param>
    public (string Secret, StoredToken Session) NewSession(StoredAccount account, IPAddress from, string product)
    {
        var (secret, session) = NewSession(account);
        string clean = string.Concat(product.Take(MaxProduct).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)).Trim();
        return (secret, session with { Address = from.ToString(), Product = clean });
    }

    /// <summary>An API token of an account; it counts once it is stored.</summary>
    /// <param name="lifetime">Null for none.</param>
    public (string Secret, StoredToken Token) NewApiToken(Principal owner, string name, ImmutableArray<string> rights, TimeSpan? lifetime, ImmutableArray<string> networks)
    {
        string secret = NewSecret();
        var now = time.GetUtcNow();
        return (secret, new StoredToken(HashOf(secret), owner.Name, Words([.. rights]), now, now + lifetime)
        {
            Name = name,
            Kind = TokenKind.Api,
            Account = owner.Account,
            Networks = networks,
        });
    }

    /// <summary>What a stored token may do, as it was given.</summary>
    public static ImmutableArray<string> WordsOf(StoredToken token) => [.. RightsOf(token.Rights).Order(StringComparer.Ordinal)];

    /// <summary>The same with a secret of its own form, which nobody can guess.</summary>
    /// <param name="idle">It ends when nobody uses it for so long.</param>
    public (string Secret, StoredToken Session) NewSession(StoredAccount account, string secret, TimeSpan idle)
    {
        var now = time.GetUtcNow();
        return (secret, new StoredToken(HashOf(secret), $"user:{account.Name}", Words([Right.All]), now, now + settings.SessionMax)
        {
            Kind = TokenKind.Session,
            Account = account.Id,
            IdleTime = idle,
            IdleUntil = now + idle,
            ProvedAt = now,
        });
    }

    /// <summary>Null for anything that is not the secret of a token that is still good, with an account that is, and good from everywhere.</summary>
    public Task<Principal?> FindAsync(string secret, CancellationToken cancellationToken) => FindAsync(secret, null, cancellationToken);

    /// <summary>Null for anything that is not the secret of a token that is still good, from there, with an account that is.</summary>
    /// <param name="from">Null when it is not known: a token that is for some networks is not good then.</param>
    public async Task<Principal?> FindAsync(string secret, IPAddress? from, CancellationToken cancellationToken)
    {
        if (secret.Length is 0 or > 256) return null;
        var hash = HashOf(secret);
        var now = time.GetUtcNow();
        if (_found.TryGetValue(hash, out var known) && known.Until > now) return await FromThereAsync(known.Principal, known.Networks, from, cancellationToken);
        long before = Interlocked.Read(ref _changes);
        if (await store.FindBearerAsync(hash, cancellationToken) is not { } bearer || PrincipalOf(bearer, now) is not { } principal)
        {
            _found.TryRemove(hash, out _);
            return null;
        }
        ImmutableArray<IPNetwork> networks = [.. bearer.Token.Networks.Select(n => IPNetwork.Parse(n))];
        if (await FromThereAsync(principal, networks, from, cancellationToken) is null) return null;
        var until = await TouchAsync(bearer.Token, now, cancellationToken);
        if (_found.Count >= MaxRemembered) _found.Clear();
        _found[hash] = (principal, networks, Earliest(now + Remember, bearer.Token.ExpiresAt, until, bearer.Account?.ExpiresAt));
        if (Interlocked.Read(ref _changes) != before) _found.TryRemove(hash, out _);
        return principal;
    }

    /// <summary>A token that is still good, and whose it is; this is no use of it, which would lengthen it. Null for anything else.</summary>
    public async Task<(StoredToken Token, Principal Principal)?> PeekAsync(string secret, CancellationToken cancellationToken) =>
        secret.Length is > 0 and <= 256 && await store.FindBearerAsync(HashOf(secret), cancellationToken) is { } bearer && PrincipalOf(bearer, time.GetUtcNow()) is { } principal
            ? (bearer.Token, principal)
            : null;

    /// <summary>Begins the time of an idle session anew; null when it is over.</summary>
    public async Task<StoredToken?> RenewAsync(string secret, CancellationToken cancellationToken)
    {
        if (await PeekAsync(secret, cancellationToken) is not { Token: var token }) return null;
        if (token.IdleTime is not { } idle) return token;
        var now = time.GetUtcNow();
        await store.TouchTokenAsync(token.SecretSha256, now, now + idle, cancellationToken);
        _found.TryRemove(token.SecretSha256, out _);
        return token with { LastUsedAt = now, IdleUntil = now + idle };
    }

    public async Task RevokeAsync(string secret, Actor actor, CancellationToken cancellationToken)
    {
        await store.RevokeTokenAsync(new StoredToken(HashOf(secret), "", "", default, null).Id, actor, cancellationToken);
        Forget();
    }

    /// <summary>
    /// What the holder of a token may at this moment, by the token's id; null when it is over. Whoever still listens to an answer uses the token.
    /// </summary>
    public async Task<Principal?> AgainAsync(string id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await store.FindTokenAsync(id, cancellationToken) is not { } token || await store.FindBearerAsync(token.SecretSha256, cancellationToken) is not { } bearer ||
            PrincipalOf(bearer, now) is not { } principal) return null;
        await TouchAsync(bearer.Token, now, cancellationToken);
        return principal;
    }

    /// <summary>Something that rights are made of has changed here: everything is looked up again.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _changes);
        _found.Clear();
    }

    private async ValueTask<Principal?> FromThereAsync(Principal principal, ImmutableArray<IPNetwork> networks, IPAddress? from, CancellationToken cancellationToken)
    {
        if (networks.IsEmpty) return principal;
        var address = from is { IsIPv4MappedToIPv6: true } ? from.MapToIPv4() : from;
        if (address is not null && networks.Any(n => n.Contains(address))) return principal;
        if (Refusals is not null)
            await Refusals.NoteAsync(principal.Actor with { Address = $"{address}" }, "token.use", principal.TokenId, "network", cancellationToken);
        return null;
    }

    private Principal? PrincipalOf(Bearer bearer, DateTimeOffset now)
    {
        var (token, account) = (bearer.Token, bearer.Account);
        if (token.IsOver(now)) return null;
        if (token.Account.Length == 0) return new Principal(token.Principal, RightsOf(token.Rights)) { TokenId = token.Id };
        if (account is null || account.Disabled || account.ExpiresAt <= now) return null;
        return new Principal($"user:{account.Name}", [.. bearer.FarmRights, .. bearer.GroupRights.Select(g => Within(g.Right, g.Group))])
        {
            Limit = RightsOf(token.Rights),
            Account = account.Id,
            TokenId = token.Id,
            Kind = token.Kind,
            ProvedAt = token.ProvedAt,
            // A program cannot change its account's password; it was let in by somebody who could do what was asked of them then.
            Duty = token.Kind != TokenKind.Session ? SignInDuty.None
                : account.MustChangePassword ? SignInDuty.ChangePassword
                : settings.RequireTotp && !account.TotpEnabled ? SignInDuty.EnrolTotp : SignInDuty.None,
        };
    }

    /// <summary>Keeps that a token is used, and gives an idle one more time. When it ends for want of use; null when it does not.</summary>
    private async Task<DateTimeOffset?> TouchAsync(StoredToken token, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var every = token.IdleTime / 4 is { } quarter && quarter < TouchEvery ? quarter : TouchEvery;
        if (token.Account.Length == 0 || now - token.LastUsedAt < every) return token.IdleUntil;
        var until = token.IdleTime is { } idle ? now + idle : (DateTimeOffset?)null;
        await store.TouchTokenAsync(token.SecretSha256, now, until, cancellationToken);
        return until;
    }

    /// <summary>A right of a group's role holds in that group. One that names another group gives nothing there.</summary>
    private static string Within(string word, string group) => word.Contains('@', StringComparison.Ordinal) ? "" : $"{word}@{group}";

    private static DateTimeOffset Earliest(DateTimeOffset first, params ReadOnlySpan<DateTimeOffset?> others)
    {
        foreach (var other in others)
            if (other < first) first = other.Value;
        return first;
    }

    private static string NewSecret() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    private static Sha256Hash HashOf(string secret) => Sha256Hash.Of(Encoding.UTF8.GetBytes(secret));

    private static string Words(ImmutableHashSet<string> rights) => JsonSerializer.Serialize(rights.Order().ToArray(), AccessJson.Default.StringArray);

    private static ImmutableHashSet<string> RightsOf(string json) =>
        [.. JsonSerializer.Deserialize(json, AccessJson.Default.StringArray) ?? []];
}
