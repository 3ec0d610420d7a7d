using System.Collections.Immutable;

namespace Quern.MasterHost.Api;

/// <summary>The own account.</summary>
/// <param name="Totp">Whether a one-time code is asked for.</param>
internal sealed record OwnAccountModel(
    string Name, string Email, string Phone, ImmutableArray<string> Roles, bool Totp, int RecoveryCodes, bool MustChangePassword, bool MustEnrolTotp, DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastSignInAt);

/// <summary>What is to be different; what is left out stays, and an empty text is none.</summary>
internal sealed record OwnAccountRequest(string? Email = null, string? Phone = null);

internal sealed record PasswordRequest(string CurrentPassword, string NewPassword);

internal sealed record OwnPasswordRequest(string Password);

/// <param name="Code">A one-time code, where the account has them; or a recovery code instead.</param>
internal sealed record ProofRequest(string Password, string? Code = null, string? RecoveryCode = null)
{
    /// <summary>Without its secrets.</summary>
    public override string ToString() => "";
}

/// <param name="ProvedAt">When the session was proved.</param>
/// <param name="LastsUntil">Until when that counts; null for as long as the session lasts.</param>
internal sealed record ProofAnswer(DateTimeOffset ProvedAt, DateTimeOffset? LastsUntil);

internal sealed record CodeRequest(string Code);

/// <summary>A new secret for one-time codes; it counts once its first code was given.</summary>
/// <param name="Secret">In base 32.</param>
/// <param name="Uri">The same as authenticators read it.</param>
/// <param name="QrPng">The same as a picture, PNG in base 64.</param>
internal sealed record TotpBegun(string Secret, string Uri, byte[] QrPng)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => "";
}

/// <param name="Codes">Each signs in once instead of a one-time code. They are shown this once.</param>
internal sealed record RecoveryCodesModel(ImmutableArray<string> Codes);
