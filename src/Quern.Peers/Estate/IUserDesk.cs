using System.Collections.Immutable;

namespace Quern.Peers.Estate;

/// <summary>Accounts, for every door. Each call decides for itself whether the caller may. Safe for many calls at once.</summary>
public interface IUserDesk
{
    /// <summary>Needs <c>user:create</c>; roles that are given must be within the caller's own rights.</summary>
    Task<EstateAnswer> CreateAsync(Caller who, NewUser user, CancellationToken cancellationToken);

    /// <summary>Needs <c>user:update</c>, but for the caller's own password (with the current one), e-mail and phone.</summary>
    Task<EstateAnswer> UpdateAsync(Caller who, UserEdit edit, CancellationToken cancellationToken);

    /// <summary>Needs <c>user:delete</c>.</summary>
    /// <param name="transferTo">Who becomes owner of what the account owns; empty for nobody.</param>
    Task<EstateAnswer> RemoveAsync(Caller who, string name, string transferTo, CancellationToken cancellationToken);

    /// <summary>Accounts by name; without <c>user:list</c> the caller's own alone.</summary>
    /// <param name="prefix">What names begin with; empty for all.</param>
    /// <param name="after">From <see cref="Page{T}.Next"/>; empty for the first part.</param>
    /// <param name="limit">1 to 1,000.</param>
    Task<Page<UserFacts>> ListAsync(Caller who, string prefix, string after, int limit, CancellationToken cancellationToken);

    /// <summary>Takes one-time codes off an account: the caller's own with its password, another's with <c>user:reset-totp</c>.</summary>
    /// <param name="name">Empty for the caller's own.</param>
    /// <returns><see cref="EstateCode.InvalidState"/> when it has none.</returns>
    Task<EstateAnswer> RemoveTotpAsync(Caller who, string name, string password, CancellationToken cancellationToken);
}

/// <summary>An account to be.</summary>
/// <param name="ExpiresAt">Null for never.</param>
public sealed record NewUser(
    string Name, string Password, string Email = "", string Phone = "", DateTimeOffset? ExpiresAt = null, ImmutableArray<string> Roles = default,
    bool MustChangePassword = false);

/// <summary>What is to be different. Null members stay as they are; empty ones are cleared.</summary>
public sealed record UserEdit(string Name)
{
    public string? Password { get; init; }

    /// <summary>Needed where callers change their own password.</summary>
    public string CurrentPassword { get; init; } = "";

    public string? Email { get; init; }

    public string? Phone { get; init; }

    /// <summary>Whether <see cref="ExpiresAt"/> is meant.</summary>
    public bool SetsExpiry { get; init; }

    /// <summary>Null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool? Disabled { get; init; }

    public bool? MustChangePassword { get; init; }

    public ImmutableArray<string> AddRoles { get; init; } = [];

    public ImmutableArray<string> RemoveRoles { get; init; } = [];

    /// <summary>Ends a lock that refused sign-ins brought about.</summary>
    public bool Unlock { get; init; }

    /// <summary>0: whatever it is.</summary>
    public long ExpectedRevision { get; init; }
}

/// <summary>An account as others see it: nothing secret.</summary>
public sealed record UserFacts(string Id, string Name)
{
    public string Email { get; init; } = "";

    public string Phone { get; init; } = "";

    public ImmutableArray<string> Roles { get; init; } = [];

    public bool Disabled { get; init; }

    public bool MustChangePassword { get; init; }

    public bool TotpEnabled { get; init; }

    /// <summary>Null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? LockedUntil { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastSignInAt { get; init; }

    public long Revision { get; init; }
}
