using Microsoft.AspNetCore.Identity;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>The rule for passwords, applied to every new one.</summary>
internal sealed class PasswordValidator : IPasswordValidator<Account>
{
    public Task<IdentityResult> ValidateAsync(UserManager<Account> manager, Account user, string? password) => Task.FromResult(
        AccountRules.Password(password ?? "", user.Row.Name) is { } problem
            ? IdentityResult.Failed(AccountErrors.Error(AccountErrors.InvalidPassword, problem))
            : IdentityResult.Success);
}
