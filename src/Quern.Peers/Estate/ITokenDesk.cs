using System.Collections.Immutable;

namespace Quern.Peers.Estate;

/// <summary>API tokens and sessions, for every door.</summary>
public interface ITokenDesk
{
    /// <summary>Needs <c>token:own</c>, and every right that the token is to have.</summary>
    Task<TokenMade> CreateAsync(Caller who, NewToken token, CancellationToken cancellationToken);

    /// <summary>The same for a token that is good from everywhere.</summary>
    /// <param name="lifetime">Null for none; bounded by the farm.</param>
    Task<TokenMade> CreateAsync(Caller who, string name, ImmutableArray<string> rights, TimeSpan? lifetime, CancellationToken cancellationToken) =>
        CreateAsync(who, new NewToken(name, rights, lifetime), cancellationToken);

    /// <summary>API tokens of an account; those of others with <c>token:manage</c>. Null when the caller may not.</summary>
    /// <param name="user">Empty for the caller's own.</param>
    Task<ImmutableArray<TokenFacts>?> ListAsync(Caller who, string user, CancellationToken cancellationToken);

    Task<EstateAnswer> RevokeAsync(Caller who, string id, CancellationToken cancellationToken);

    /// <summary>Sessions of an account; those of others with <c>session:manage</c>. Null when the caller may not.</summary>
    /// <param name="user">Empty for the caller's own.</param>
    Task<ImmutableArray<TokenFacts>?> ListSessionsAsync(Caller who, string user, CancellationToken cancellationToken);

    Task<EstateAnswer> EndSessionAsync(Caller who, string id, CancellationToken cancellationToken);
}

/// <summary>A token to be, of the caller's account.</summary>
/// <param name="Name">What people call it by.</param>
/// <param name="Rights">As roles have them, each with <c>@GROUP</c> if within one; at least one.</param>
/// <param name="Lifetime">Null for none; bounded by the farm.</param>
public sealed record NewToken(string Name, ImmutableArray<string> Rights, TimeSpan? Lifetime = null)
{
    /// <summary>Networks in CIDR form that it is good from; empty for any.</summary>
    public ImmutableArray<string> Networks { get; init; } = [];
}

/// <param name="Secret">Shown once; empty unless done.</param>
public sealed record TokenMade(EstateAnswer Answer, string Secret = "", DateTimeOffset? ExpiresAt = null)
{
    /// <summary>Without its secret.</summary>
    public override string ToString() => $"{Answer.Code} {Answer.Id}";
}

/// <param name="ExpiresAt">When it is over, by whichever of its ends comes first; null for never.</param>
public sealed record TokenFacts(string Id, string Name, string User, ImmutableArray<string> Rights, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Where the session came from; empty for tokens, and where it is not known.</summary>
    public string Address { get; init; } = "";

    /// <summary>What was used, as it calls itself; may be empty.</summary>
    public string Product { get; init; } = "";

    /// <summary>Networks in CIDR form that it is good from; empty for any.</summary>
    public ImmutableArray<string> Networks { get; init; } = [];

    /// <summary>The one that the caller uses.</summary>
    public bool Current { get; init; }
}
