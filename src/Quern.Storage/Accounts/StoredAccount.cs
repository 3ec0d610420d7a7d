using System.Collections.Immutable;

namespace Quern.Storage;

/// <summary>A person, or a program that signs in like one.</summary>
public sealed record StoredAccount
{
    /// <summary>A UUID as text; stays when the name changes.</summary>
    public required string Id { get; init; }

    /// <summary>Unique, case-sensitive.</summary>
    public required string Name { get; init; }

    /// <summary>May be empty.</summary>
    public string Email { get; init; } = "";

    /// <summary>E.164, or empty.</summary>
    public string Phone { get; init; } = "";

    /// <summary>With its scheme and parameters in it; empty for an account that cannot sign in by password.</summary>
    public string PasswordHash { get; init; } = "";

    /// <summary>Random text that changes with every credential.</summary>
    public string SecurityStamp { get; init; } = "";

    public bool Disabled { get; init; }

    /// <summary>Null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool MustChangePassword { get; init; }

    /// <summary>Encrypted by the caller; empty for none.</summary>
    public string TotpSecret { get; init; } = "";

    /// <summary>Whether a code must be given; false while the secret waits for its first code.</summary>
    public bool TotpEnabled { get; init; }

    /// <summary>SHA-256 of each code that is left, as hex.</summary>
    public ImmutableArray<string> RecoveryCodes { get; init; } = [];

    /// <summary>Names of roles of the whole farm, in order.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>1 for a new account; a change names the revision that it was made from.</summary>
    public long Revision { get; init; }

    /// <summary>Refused sign-ins since <see cref="FailuresSince"/>. Changed by sign-ins only, like all that follows.</summary>
    public int Failures { get; init; }

    public DateTimeOffset? FailuresSince { get; init; }

    /// <summary>Null for not locked; <see cref="LockoutRule.UntilUnlocked"/> until an administrator unlocks it.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>The 30-second step of the last code that was taken; no code of it or before is taken again.</summary>
    public long TotpLastStep { get; init; }

    public DateTimeOffset? LastSignInAt { get; init; }

    public bool IsSuperuser => Roles.Contains(StoredRole.Superuser);

    /// <summary>Its name: hashes and secrets must not come into a log by way of a record's text.</summary>
    public override string ToString() => Name;
}
