using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <summary>
/// Links that let somebody without an account download an artifact, once, within an hour. Kept as hashes, so a restart of the farm ends none, and
/// one that was used stays used. Safe for many calls at once.
/// </summary>
/// <param name="shelf">This master's: its links open no others.</param>
internal sealed class AgentLinks(FarmStore store, string shelf, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Open at once for one group: more machines than are set up by hand in an hour, and far from all that the farm has.</summary>
    public const int MaxOfGroup = 50;

    private const int SecretBytes = 32;
    private const int MaxLinks = 1000;

    /// <summary>A new secret for a build's artifact; good when it could be saved.</summary>
    public async Task<(AgentLinkResult Result, string Secret, DateTimeOffset ExpiresAt)> CreateAsync(string build, CancellationToken cancellationToken)
    {
        string secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var expires = time.GetUtcNow() + Lifetime;
        return (await store.SaveAgentLinkAsync(HashOf(secret), build, expires, MaxOfGroup, MaxLinks, cancellationToken), secret, expires);
    }

    /// <summary>The build that a secret opens, which it does not do again; null when it opens none.</summary>
    public async Task<StoredAgentBuild?> TakeAsync(string secret, CancellationToken cancellationToken) =>
        // Longer ones are none of ours, and are not hashed.
        secret.Length == Base64Url.GetEncodedLength(SecretBytes) ? await store.TakeAgentLinkAsync(HashOf(secret), shelf, cancellationToken) : null;

    private static Sha256Hash HashOf(string secret) => Sha256Hash.Of(Encoding.UTF8.GetBytes(secret));
}
