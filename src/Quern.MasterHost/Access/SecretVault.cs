using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Quern.MasterHost.Access;

/// <summary>
/// Encrypts secrets for the database: those of one-time codes, private keys of groups' authorities, keys of certificates that were given, what
/// brought passwords of workers are checked with over Perspective Broker. Each opens for its owner and its purpose alone. The keys for that lie
/// in the data folder, so a copy of the database is not enough to use them.
/// </summary>
internal sealed class SecretVault
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly IDataProtectionProvider _provider;
    private readonly DirectoryInfo _folder;
    private readonly string _purpose;

    private SecretVault(string folder, string purpose)
    {
        _folder = Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        _provider = DataProtectionProvider.Create(_folder, builder => builder.SetApplicationName("Quern"));
        _purpose = purpose;
    }

    /// <summary>Of the keys.</summary>
    public string Folder => _folder.FullName;

    /// <summary>For the secrets of accounts' one-time codes; the owner is the account's id.</summary>
    /// <param name="folder">Of the keys; made when missing, for its owner alone.</param>
    public static SecretVault OfTotp(string folder) => new(folder, "Quern.Totp");

    /// <summary>For the private keys (PKCS#8) of groups' authorities; the owner is the authority's id.</summary>
    /// <inheritdoc cref="OfTotp"/>
    public static SecretVault OfAuthorities(string folder) => new(folder, "Quern.Agents");

    /// <summary>For the keys of listeners; the owner is the SHA-256 of the certificate that a key was given with.</summary>
    /// <inheritdoc cref="OfTotp"/>
    public static SecretVault OfListeners(string folder) => new(folder, "Quern.Listener");

    /// <summary>For the MD5 of workers' passwords that were brought; the owner is the worker's name.</summary>
    /// <inheritdoc cref="OfTotp"/>
    public static SecretVault OfWorkers(string folder) => new(folder, "Quern.Worker");

    public string Close(ReadOnlySpan<byte> secret, string owner)
    {
        string closed = Convert.ToBase64String(Protector(owner).Protect(secret.ToArray()));
        // The framework makes a key when it needs one, with the mode of the process.
        foreach (var file in _folder.EnumerateFiles("*.xml"))
            if (file.UnixFileMode != Private) file.UnixFileMode = Private;
        return closed;
    }

    public string CloseText(string secret, string owner) => Close(Encoding.UTF8.GetBytes(secret), owner);

    /// <summary>Null when it was closed for somebody or something else, or what it was closed with is gone. The caller overwrites it after use.</summary>
    public byte[]? Open(string closed, string owner)
    {
        try
        {
            return Protector(owner).Unprotect(Convert.FromBase64String(closed));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    /// <inheritdoc cref="Open"/>
    public string? OpenText(string closed, string owner) => Open(closed, owner) is { } secret ? Encoding.UTF8.GetString(secret) : null;

    private IDataProtector Protector(string owner) => _provider.CreateProtector(_purpose, owner);
}
