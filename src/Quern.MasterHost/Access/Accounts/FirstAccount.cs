using System.Security.Cryptography;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>The account that a farm without any gets at its first start.</summary>
internal static class FirstAccount
{
    public const string Name = "admin";

    /// <summary>Where the hash of the one account lay before there were accounts.</summary>
    private const string OldHashFile = "admin-password";

    private const string Letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private const int Length = 24;

    /// <summary>
    /// Makes superuser <c>admin</c> when there is no account. Its password is that of the time before accounts, else the given one, else a
    /// random one that must be changed.
    /// </summary>
    /// <param name="given">Not judged: it is the owner's own choice.</param>
    /// <returns>A random password that was just made and must be told once, else null; and whether the given one was used.</returns>
    public static async Task<(string? NewPassword, bool GivenUsed)> EnsureAsync(
        FarmStore store, string dataFolder, string? given, CancellationToken cancellationToken)
    {
        if (await store.HasAccountsAsync(cancellationToken)) return (null, false);
        string file = Path.Combine(dataFolder, OldHashFile);
        string? old = File.Exists(file) ? (await File.ReadAllTextAsync(file, cancellationToken)).Trim() : null;
        string? random = old is null && given is null ? RandomNumberGenerator.GetString(Letters, Length) : null;
        var account = Account.New(Name).Row with
        {
            PasswordHash = old ?? PasswordHash.Of(given ?? random!),
            SecurityStamp = RandomNumberGenerator.GetHexString(32),
            MustChangePassword = random is not null,
            Roles = [StoredRole.Superuser],
        };
        // Another master on the same database may have been first: its password counts then.
        bool made = await store.CreateAccountAsync(account, Actor.Farm, cancellationToken) is AccountChange.Saved;
        if (old is not null) File.Delete(file);
        return made ? (random, old is null && given is not null) : (null, false);
    }
}
