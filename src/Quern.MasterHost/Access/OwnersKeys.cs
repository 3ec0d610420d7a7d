using System.Security.Cryptography;
using Quern.Model;

namespace Quern.MasterHost.Access;

/// <summary>The files in the data folder that let its owner in: the first password's hash, and a token for the command line.</summary>
internal static class OwnersKeys
{
    public const string TokenFile = "token";
    public const string PasswordHashFile = "admin-password";

    /// <summary>Whether <c>admin</c> has a password already.</summary>
    public static bool HasPassword(string dataFolder) => File.Exists(Path.Combine(dataFolder, PasswordHashFile));

    /// <summary>Sets the password of <c>admin</c> when there is none yet.</summary>
    /// <param name="dataFolder">Exists.</param>
    /// <param name="first">The password to set; null makes a random one.</param>
    /// <returns>A random password that was just made and must be told once, else null.</returns>
    public static string? EnsurePassword(string dataFolder, string? first)
    {
        string file = Path.Combine(dataFolder, PasswordHashFile);
        if (File.Exists(file)) return null;
        string password = first ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
        WritePrivate(file, PasswordHash.Of(password) + "\n");
        return first is null ? password : null;
    }

    /// <summary>Leaves a token with all rights for the owner of the data folder; one that is still good stays.</summary>
    public static async Task EnsureTokenAsync(string dataFolder, TokenBook tokens, CancellationToken cancellationToken)
    {
        string file = Path.Combine(dataFolder, TokenFile);
        if (File.Exists(file))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            string secret = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
            if (await tokens.FindAsync(secret, cancellationToken) is not null) return;
        }
        WritePrivate(file, await tokens.IssueAsync(Doorkeeper.Admin, null, Actor.Farm, cancellationToken) + "\n");
    }

    // Written beside and renamed: a reader finds the old text or the new one, and nobody else ever may read it.
    private static void WritePrivate(string file, string text)
    {
        string fresh = $"{file}.{Guid.NewGuid():N}";
        using (var stream = new FileStream(fresh, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(fresh, file, overwrite: true);
    }
}
