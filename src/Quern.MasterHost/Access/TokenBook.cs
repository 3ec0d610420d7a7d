using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access;

/// <summary>Makes tokens and finds whose they are. The secret is seen once; the store has its SHA-256.</summary>
/// <remarks>Found tokens are remembered for a few seconds, which is how late a revocation by another process is felt.</remarks>
internal sealed class TokenBook(FarmStore store, TimeProvider time)
{
    private const string Prefix = "quern_";
    private const int SecretBytes = 32;
    private const int MaxRemembered = 1024;
    private static readonly TimeSpan Remember = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Sha256Hash, (Principal Principal, DateTimeOffset? End, DateTimeOffset Until)> _found = new();

    /// <summary>A new token's secret; it stands nowhere else.</summary>
    public async Task<string> IssueAsync(Principal principal, TimeSpan? lifetime, Actor actor, CancellationToken cancellationToken)
    {
        string secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        await store.SaveTokenAsync(HashOf(secret), principal.Name, JsonSerializer.Serialize(principal.Rights.Order().ToArray(), AccessJson.Default.StringArray),
            lifetime is { } span ? time.GetUtcNow() + span : null, actor, cancellationToken);
        return secret;
    }

    /// <summary>Null for anything that is not the secret of a token that is still good.</summary>
    public async Task<Principal?> FindAsync(string secret, CancellationToken cancellationToken)
    {
        if (secret.Length is 0 or > 256) return null;
        var hash = HashOf(secret);
        var now = time.GetUtcNow();
        if (_found.TryGetValue(hash, out var known) && known.Until > now && !(known.End <= now)) return known.Principal;
        if (await store.FindTokenAsync(hash, cancellationToken) is not { } stored || stored.ExpiresAt <= now)
        {
            _found.TryRemove(hash, out _);
            return null;
        }
        var principal = new Principal(stored.Principal, RightsOf(stored.Rights));
        if (_found.Count >= MaxRemembered) _found.Clear();
        _found[hash] = (principal, stored.ExpiresAt, now + Remember);
        return principal;
    }

    public async Task RevokeAsync(string secret, Actor actor, CancellationToken cancellationToken)
    {
        var hash = HashOf(secret);
        _found.TryRemove(hash, out _);
        await store.RevokeTokenAsync(hash, actor, cancellationToken);
    }

    private static Sha256Hash HashOf(string secret) => Sha256Hash.Of(Encoding.UTF8.GetBytes(secret));

    private static ImmutableHashSet<string> RightsOf(string json) =>
        [.. JsonSerializer.Deserialize(json, AccessJson.Default.StringArray) ?? []];
}
