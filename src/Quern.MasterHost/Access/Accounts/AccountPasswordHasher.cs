using Microsoft.AspNetCore.Identity;

namespace Quern.MasterHost.Access.Accounts;

/// <inheritdoc cref="PasswordHash"/>
internal sealed class AccountPasswordHasher : IPasswordHasher<Account>
{
    public string HashPassword(Account user, string password) => PasswordHash.Of(password);

    public PasswordVerificationResult VerifyHashedPassword(Account user, string hashedPassword, string providedPassword) =>
        !PasswordHash.Fits(providedPassword, hashedPassword) ? PasswordVerificationResult.Failed
        : PasswordHash.IsOfToday(hashedPassword) ? PasswordVerificationResult.Success
        : PasswordVerificationResult.SuccessRehashNeeded;
}
