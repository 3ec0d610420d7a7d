using System.Globalization;
using System.Security.Cryptography;

namespace Quern.MasterHost.Access;

/// <summary>A password as it is kept: <c>pbkdf2-sha512:ROUNDS:SALT:HASH</c>, so that later versions can raise the rounds.</summary>
internal static class PasswordHash
{
    private const string Scheme = "pbkdf2-sha512";

    /// <summary>What OWASP recommends for PBKDF2-HMAC-SHA512.</summary>
    private const int Rounds = 210_000;

    private const int SaltBytes = 16;
    private const int HashBytes = 64;

    public static string Of(string password)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        byte[] hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, Rounds, HashAlgorithmName.SHA512, HashBytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}:{Rounds}:{Convert.ToBase64String(salt)}:{Convert.ToBase64String(hash)}");
    }

    /// <summary>Costs about a tenth of a second of one processor. False for a text that is no hash.</summary>
    public static bool Fits(string password, string stored)
    {
        if (stored.Split(':') is not [Scheme, var roundsText, var saltText, var hashText]) return false;
        if (!int.TryParse(roundsText, NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) || rounds is < 1 or > 10_000_000) return false;
        var salt = new byte[64];
        var hash = new byte[HashBytes];
        if (!Convert.TryFromBase64String(saltText, salt, out int saltLength)) return false;
        if (!Convert.TryFromBase64String(hashText, hash, out int hashLength) || hashLength != HashBytes) return false;
        byte[] given = Rfc2898DeriveBytes.Pbkdf2(password, salt.AsSpan(0, saltLength), rounds, HashAlgorithmName.SHA512, HashBytes);
        return CryptographicOperations.FixedTimeEquals(given, hash);
    }
}
