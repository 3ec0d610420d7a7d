namespace Quern.Model;

/// <summary>What somebody who signed in must do before the session may do anything else.</summary>
public enum SignInDuty
{
    None,

    ChangePassword,

    /// <summary>The farm wants one-time codes of everybody, and this account has none yet.</summary>
    EnrolTotp,
}
