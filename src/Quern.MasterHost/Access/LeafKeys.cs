using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access;

/// <summary>
/// The keys that Branch's HTTP API gives for a password: UUIDs, good until nobody has used them for a quarter of an hour. Each is the secret
/// of a session like others, in a form of its own, so that no key is a token and no token is a key.
/// </summary>
/// <param name="newKey">Gives 122 bits from a cryptographic source.</param>
internal sealed class LeafKeys(TokenBook tokens, Func<Guid> newKey)
{
    /// <summary>Without use. As the original's default.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(900);

    /// <summary>In front of a key where it is a secret. A header cannot hold a line end, so no bearer token is one of these.</summary>
    private const string Domain = "leaf\n";

    /// <summary>A session for somebody who logs in; it counts once it is stored.</summary>
    public (string Secret, StoredToken Session) NewSession(StoredAccount account) => tokens.NewSession(account, SecretOf(newKey().ToString("D")), Lifetime);

    /// <summary>What the client gets to see of a session's secret.</summary>
    public static string KeyOf(string secret) => secret[Domain.Length..];

    /// <summary>Whose key it is, and begins its time anew; null for anything that is not a good key.</summary>
    public async Task<Principal?> FindAsync(string key, CancellationToken cancellationToken) =>
        Guid.TryParseExact(key, "D", out _) ? await tokens.FindAsync(SecretOf(key), cancellationToken) : null;

    /// <summary>Makes a key worthless.</summary>
    public Task RevokeAsync(string key, Actor actor, CancellationToken cancellationToken) => tokens.RevokeAsync(SecretOf(key), actor, cancellationToken);

    private static string SecretOf(string key) => Domain + key.ToLowerInvariant();
}
