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

    public AccountManager(FarmStore store, TotpVault vault, TimeProvider time, Actor actor, string? keepToken = null)
        : base(new AccountStore(store, vault, actor, keepToken), Settings, new AccountPasswordHasher(), [new AccountValidator()], [new PasswordValidator()],
            new ExactNames(), new IdentityErrorDescriber(), services: null!, NullLogger<UserManager<Account>>.Instance) =>
        RegisterTokenProvider(TokenOptions.DefaultAuthenticatorProvider, new TotpProvider(time));

    /// <summary>Sets a password that its owner must change, without asking for the old one.</summary>
    public async Task<IdentityResult> SetPasswordAsync(Account account, string password)
    {
        account.Row = account.Row with { MustChangePassword = true };
        var result = await UpdatePasswordHash(account, password, validatePassword: true);
        return result.Succeeded ? await UpdateUserAsync(account) : result;
    }

    /// <summary>16 characters in fours: 80 random bits. The framework's own codes have half of that, too few for a fast hash.</summary>
    protected override string CreateTwoFactorRecoveryCode()
    {
        string text = Base32.Encode(RandomNumberGenerator.GetBytes(RecoveryCodeBytes));
        return string.Join('-', text.Chunk(4).Select(c => new string(c)));
    }
}
