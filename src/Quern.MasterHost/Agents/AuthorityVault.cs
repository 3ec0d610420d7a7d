using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Quern.MasterHost.Agents;

/// <summary>
/// Encrypts the private keys of the groups' authorities for the database, each for its authority alone. The keys for that lie in the data
/// folder, so a copy of the database is not enough to make agents.
/// </summary>
internal sealed class AuthorityVault
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly IDataProtectionProvider _provider;
    private readonly DirectoryInfo _folder;

    /// <param name="folder">Of the keys; made when missing, for its owner alone.</param>
    public AuthorityVault(string folder)
    {
        _folder = Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        _provider = DataProtectionProvider.Create(_folder, builder => builder.SetApplicationName("Quern"));
    }

    /// <param name="key">PKCS#8.</param>
    public string Close(byte[] key, string authority)
    {
        string closed = Convert.ToBase64String(Protector(authority).Protect(key));
        // The framework makes a key when it needs one, with the mode of the process.
        foreach (var file in _folder.EnumerateFiles("*.xml"))
            if (file.UnixFileMode != Private) file.UnixFileMode = Private;
        return closed;
    }

    /// <summary>Null when it was closed for another authority, or what it was closed with is gone. The caller overwrites it after use.</summary>
    public byte[]? Open(string closed, string authority)
    {
        try
        {
            return Protector(authority).Unprotect(Convert.FromBase64String(closed));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    private IDataProtector Protector(string authority) => _provider.CreateProtector("Quern.Agents", authority);
}
