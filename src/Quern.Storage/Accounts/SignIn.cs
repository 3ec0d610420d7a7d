namespace Quern.Storage;

/// <summary>A sign-in whose credentials were found right, to be made true; or the same proof given again for a session that goes on.</summary>
/// <param name="Account">As it was read when the credentials were checked.</param>
/// <param name="Session">The token of the new session, or of the one that goes on.</param>
/// <param name="Address">Where from, for the journal.</param>
public sealed record SignIn(StoredAccount Account, StoredToken Session, string Address)
{
    /// <summary>The step of the one-time code that was given; null when none was.</summary>
    public long? TotpStep { get; init; }

    /// <summary>SHA-256, as hex, of the recovery code that was given; null when none was.</summary>
    public string? RecoveryCode { get; init; }

    /// <summary>The same password under today's parameters; null when the stored hash has them already.</summary>
    public string? NewPasswordHash { get; init; }
}
