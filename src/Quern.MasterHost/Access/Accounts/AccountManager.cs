using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>The framework's user manager over the farm's accounts, for one actor. Disposed after use.</summary>
internal sealed class AccountManager : UserManager<Account>
{
    /// <summary>Codes that are given out together.</summary>
    public const int RecoveryCodes = 10;

    private const int RecoveryCodeBytes = 10;

    private static readonly IOptions<IdentityOptions> Settings = Microsoft.Extensions.Options.Options.Create(new IdentityOptions());

    public AccountManager(FarmStore store, SecretVault vault, TimeProvider time, Actor actor, string? keepToken = null)
        : base(new AccountStore(store, vault, actor, keepToken), Settings, new AccountPasswordHasher(), [new AccountValidator()], [new PasswordValidator()],
            new ExactNames(), new IdentityErrorDescriber(), services: null!, NullLogger<UserManager<Account>>.Instance) =>
        RegisterTokenProvider(TokenOptions.DefaultAuthenticatorProvider, new TotpProvider(time));

    /// <summary>Saves what was changed in the account in hand, with a new password if one is given, without asking for the old one.</summary>
    public async Task<IdentityResult> SaveAsync(Account account, string? password)
    {
        if (password is not null && await UpdatePasswordHash(account, password, validatePassword: true) is { Succeeded: false } refused) return refused;
        return await UpdateUserAsync(account);
    }

    /// <summary>16 characters in fours: 80 random bits. The framework's own codes have half of that, too few for a fast hash.</summary>
    protected override string CreateTwoFactorRecoveryCode()
    {
        string text = Base32.Encode(RandomNumberGenerator.GetBytes(RecoveryCodeBytes));
        return string.Join('-', text.Chunk(4).Select(c => new string(c)));
    }
}
