using Microsoft.AspNetCore.Identity;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>
/// Checks codes of an authenticator. It says whether a code would be taken; using it up is the store's, in the transaction of what it
/// was given for (<see cref="Storage.FarmStore.SignInAsync"/>, <see cref="Storage.FarmStore.UseTotpStepAsync"/>).
/// </summary>
internal sealed class TotpProvider(TimeProvider time) : IUserTwoFactorTokenProvider<Account>
{
    public Task<string> GenerateAsync(string purpose, UserManager<Account> manager, Account user) => Task.FromResult("");

    public async Task<bool> ValidateAsync(string purpose, string token, UserManager<Account> manager, Account user) =>
        await StepAsync(manager, user, token) is not null;

    public async Task<bool> CanGenerateTwoFactorTokenAsync(UserManager<Account> manager, Account user) => await manager.GetAuthenticatorKeyAsync(user) is not null;

    /// <summary>The step that the code belongs to; null for a wrong or used one, or when the account has no secret that can be read.</summary>
    public async Task<long?> StepAsync(UserManager<Account> manager, Account user, string code) =>
        await manager.GetAuthenticatorKeyAsync(user) is { } key && Base32.Decode(key) is { Length: > 0 } secret
            ? Totp.Match(secret, code, time.GetUtcNow(), user.Row.TotpLastStep)
            : null;
}
