using System.Collections.Immutable;

namespace Quern.Peers.Estate;

/// <summary>API tokens and sessions, for every door.</summary>
public interface ITokenDesk
{
    /// <summary>Needs <c>token:own</c>, and every right that the token is to have.</summary>
    /// <param name="lifetime">Null for none; bounded by the farm.</param>
    Task<TokenMade> CreateAsync(Caller who, string name, ImmutableArray<string> rights, TimeSpan? lifetime, CancellationToken cancellationToken);

    /// <summary>API tokens of an account; those of others with <c>token:manage</c>. Null when the caller may not.</summary>
    /// <param name="user">Empty for the caller's own.</param>
    Task<ImmutableArray<TokenFacts>?> ListAsync(Caller who, string user, CancellationToken cancellationToken);

    Task<EstateAnswer> RevokeAsync(Caller who, string id, CancellationToken cancellationToken);

    /// <summary>Sessions of an account; those of others with <c>session:manage</c>. Null when the caller may not.</summary>
    /// <param name="user">Empty for the caller's own.</param>
    Task<ImmutableArray<TokenFacts>?> ListSessionsAsync(Caller who, string user, CancellationToken cancellationToken);

    Task<EstateAnswer> EndSessionAsync(Caller who, string id, CancellationToken cancellationToken);
}

/// <param name="Secret">Shown once; empty unless done.</param>
public sealed record TokenMade(EstateAnswer Answer, string Secret = "", DateTimeOffset? ExpiresAt = null);

/// <param name="ExpiresAt">When it is over, by whichever of its ends comes first; null for never.</param>
public sealed record TokenFacts(string Id, string Name, string User, ImmutableArray<string> Rights, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Where the session came from; empty for tokens, and where it is not known.</summary>
    public string Address { get; init; } = "";

    /// <summary>What was used, as it calls itself; may be empty.</summary>
    public string Product { get; init; } = "";

    /// <summary>The one that the caller uses.</summary>
    public bool Current { get; init; }
}
