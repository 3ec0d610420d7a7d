using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Quern.Model;

namespace Quern.MasterHost.Agents;

/// <summary>
/// Links that let somebody without an account download an artifact, once, within an hour. They are in memory alone and as hashes, so a restart
/// of the farm ends them. Safe for many calls at once.
/// </summary>
internal sealed class AgentLinks(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const int SecretBytes = 32;
    private const int MaxLinks = 1000;

    private readonly Lock _lock = new();

    /// <summary>By the hash of the secret; written under the lock.</summary>
    private readonly Dictionary<Sha256Hash, Link> _links = [];

    private sealed record Link(string Build, DateTimeOffset ExpiresAt);

    /// <summary>A new secret for a build's artifact; null when too many are open.</summary>
    public (string Secret, DateTimeOffset ExpiresAt)? Create(string build)
    {
        string secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var expires = time.GetUtcNow() + Lifetime;
        lock (_lock)
        {
            Sweep();
            if (_links.Count >= MaxLinks) return null;
            _links[HashOf(secret)] = new Link(build, expires);
        }
        return (secret, expires);
    }

    /// <summary>The build that a secret opens, which it does not do again; null when it opens none.</summary>
    public string? Take(string secret)
    {
        // Longer ones are none of ours, and are not hashed.
        if (secret.Length != Base64Url.GetEncodedLength(SecretBytes)) return null;
        lock (_lock) return _links.Remove(HashOf(secret), out var link) && link.ExpiresAt > time.GetUtcNow() ? link.Build : null;
    }

    public void Sweep()
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            ImmutableArray<Sha256Hash> due = [.. _links.Where(l => l.Value.ExpiresAt <= now).Select(l => l.Key)];
            foreach (var hash in due) _links.Remove(hash);
        }
    }

    private static Sha256Hash HashOf(string secret) => Sha256Hash.Of(Encoding.UTF8.GetBytes(secret));
}
