using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>
/// Encrypts the secrets of one-time codes for the database, each for its account alone. The keys lie in the data folder, so a copy of the
/// database is not enough to make codes.
/// </summary>
internal sealed class TotpVault
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly IDataProtectionProvider _provider;
    private readonly DirectoryInfo _folder;

    /// <param name="folder">Of the keys; made when missing, for its owner alone.</param>
    public TotpVault(string folder)
    {
        _folder = Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        _provider = DataProtectionProvider.Create(_folder, builder => builder.SetApplicationName("Quern"));
    }

    public string Close(string secret, string accountId)
    {
        string closed = Protector(accountId).Protect(secret);
        // The framework makes a key when it needs one, with the mode of the process.
        foreach (var key in _folder.EnumerateFiles("*.xml"))
            if (key.UnixFileMode != Private) key.UnixFileMode = Private;
        return closed;
    }

    /// <summary>Null when it was closed for another account, or its key is gone.</summary>
    public string? Open(string closed, string accountId)
    {
        try
        {
            return Protector(accountId).Unprotect(closed);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector Protector(string accountId) => _provider.CreateProtector("Quern.Totp", accountId);
}
