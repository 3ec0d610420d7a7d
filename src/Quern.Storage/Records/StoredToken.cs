using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>A token by its secret's hash; the secret itself is never stored.</summary>
/// <param name="Principal">Whose it is, for instance <c>user:admin</c>.</param>
/// <param name="Rights">JSON, as the authorization point reads it. Of an account's token: what it may do of all that the account may.</param>
/// <param name="ExpiresAt">Null for never. Whoever looks a token up compares it with the clock.</param>
public sealed record StoredToken(Sha256Hash SecretSha256, string Principal, string Rights, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    /// <summary>What people call it by: unique, 16 hex digits, says nothing about the secret that could help to find it.</summary>
    public string Id { get; init; } = SecretSha256.Hex[..16];

    /// <summary>What its owner calls it; may be empty.</summary>
    public string Name { get; init; } = "";

    public TokenKind Kind { get; init; }

    /// <summary>The account's id; empty for one of the farm itself.</summary>
    public string Account { get; init; } = "";

    /// <summary>To the minute; null while nobody used it.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>It ends when nobody uses it for so long; null when it does not.</summary>
    public TimeSpan? IdleTime { get; init; }

    /// <summary>When it ends for want of use, as of now; null when it does not.</summary>
    public DateTimeOffset? IdleUntil { get; init; }

    /// <summary>Of a session: when whoever holds it last proved by password and code that it is them; null for other tokens.</summary>
    public DateTimeOffset? ProvedAt { get; init; }

    /// <summary>Where a session came from; empty for others, and where it is not known.</summary>
    public string Address { get; init; } = "";

    /// <summary>What was used, as it calls itself; may be empty.</summary>
    public string Product { get; init; } = "";

    /// <summary>Networks in CIDR form that it is good from; empty for any.</summary>
    public ImmutableArray<string> Networks { get; init; } = [];

    /// <summary>Whether it is over, by either of its ends.</summary>
    public bool IsOver(DateTimeOffset now) => ExpiresAt <= now || IdleUntil <= now;
}
