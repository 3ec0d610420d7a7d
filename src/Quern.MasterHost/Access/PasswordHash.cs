using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Quern.MasterHost.Access;

/// <summary>
/// A password as it is kept: <c>SCHEME:ROUNDS:SALT:HASH</c>, so that later versions can raise the rounds. PBKDF2-HMAC-SHA512 runs over the
/// pre-hash, the SHA-512 of the password in 128 hexadecimal digits: clients of the administration protocol send that and nothing else.
/// They hash the text as it is typed, and so does this: a letter and its accent are not brought together first.
/// </summary>
internal static class PasswordHash
{
    private const string Scheme = "pbkdf2-sha512-prehash";

    /// <summary>Of the time before accounts: over the password itself.</summary>
    private const string OldScheme = "pbkdf2-sha512";

    /// <summary>What OWASP recommends for PBKDF2-HMAC-SHA512.</summary>
    private const int Rounds = 210_000;

    private const int SaltBytes = 16;
    private const int HashBytes = 64;
    private const int PreHashDigits = 128;

    /// <summary>A hash that no password fits, to be checked where there is none: it takes the same time.</summary>
    public static string Nobodys { get; } = Text(Scheme, Rounds, new byte[SaltBytes], new byte[HashBytes]);

    /// <param name="password">As typed; its pre-hash gives the same.</param>
    public static string Of(string password)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return Text(Scheme, Rounds, salt, Pbkdf2(PreHashOf(password), salt, Rounds));
    }

    /// <summary>Costs about a tenth of a second of one processor. False for a text that is no hash.</summary>
    public static bool Fits(string password, string stored)
    {
        if (stored.Split(':') is not [Scheme or OldScheme, var roundsText, var saltText, var hashText]) return false;
        if (!int.TryParse(roundsText, NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) || rounds is < 1 or > 10_000_000) return false;
        var salt = new byte[64];
        var hash = new byte[HashBytes];
        if (!Convert.TryFromBase64String(saltText, salt, out int saltLength)) return false;
        if (!Convert.TryFromBase64String(hashText, hash, out int hashLength) || hashLength != HashBytes) return false;
        string text = stored.StartsWith(Scheme + ":", StringComparison.Ordinal) ? PreHashOf(password) : password;
        return CryptographicOperations.FixedTimeEquals(Pbkdf2(text, salt.AsSpan(0, saltLength), rounds), hash);
    }

    /// <summary>Whether a hash is made as new ones are; another one is made anew when its password is next seen.</summary>
    public static bool IsOfToday(string stored) => stored.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{Scheme}:{Rounds}:"), StringComparison.Ordinal);

    /// <summary>Whether a text is a pre-hash and no password: passwords are shorter.</summary>
    public static bool IsPreHash(string text) => text.Length == PreHashDigits && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A password's pre-hash; of a pre-hash itself.</summary>
    public static string PreHashOf(string password) =>
        IsPreHash(password) ? password : Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(password)));

    private static byte[] Pbkdf2(string text, ReadOnlySpan<byte> salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(text, salt, rounds, HashAlgorithmName.SHA512, HashBytes);

    private static string Text(string scheme, int rounds, byte[] salt, byte[] hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{scheme}:{rounds}:{Convert.ToBase64String(salt)}:{Convert.ToBase64String(hash)}");
}
