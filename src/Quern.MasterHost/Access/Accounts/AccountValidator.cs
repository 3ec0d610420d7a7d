using Microsoft.AspNetCore.Identity;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>The rules for what people say of an account, applied at every save.</summary>
internal sealed class AccountValidator : IUserValidator<Account>
{
    public Task<IdentityResult> ValidateAsync(UserManager<Account> manager, Account user)
    {
        var row = user.Row;
        var errors = new List<IdentityError>();
        // An imported name of another form stays valid, but nobody makes a new one.
        if ((row.Revision == 0 ? AccountRules.NewName(row.Name) : AccountRules.KnownName(row.Name)) is { } name) errors.Add(AccountErrors.Error(AccountErrors.InvalidName, name));
        if (AccountRules.Email(row.Email, out _) is { } email) errors.Add(AccountErrors.Error(AccountErrors.InvalidEmail, email));
        if (AccountRules.Phone(row.Phone, out _) is { } phone) errors.Add(AccountErrors.Error(AccountErrors.InvalidPhone, phone));
        return Task.FromResult(errors.Count == 0 ? IdentityResult.Success : IdentityResult.Failed([.. errors]));
    }
}
