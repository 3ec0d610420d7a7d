namespace Quern.Storage;

/// <summary>Whether a sign-in became true.</summary>
public enum SignInResult
{
    SignedIn,

    /// <summary>The one-time code or recovery code was used before, perhaps a moment ago.</summary>
    CodeUsed,

    /// <summary>The account was removed, disabled, locked or got other credentials since they were checked.</summary>
    AccountChanged,
}
