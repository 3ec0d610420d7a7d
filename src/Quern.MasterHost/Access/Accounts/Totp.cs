using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>One-time codes by time (RFC 6238): HMAC-SHA1, steps of 30 seconds from 1970, 6 digits.</summary>
internal static class Totp
{
    private const int StepSeconds = 30;
    private const int Digits = 6;
    private const int Modulus = 1_000_000;

    public static long StepOf(DateTimeOffset time) => Math.DivRem(time.ToUnixTimeSeconds(), StepSeconds).Quotient;

    /// <summary>Six digits, with zeros in front.</summary>
    public static string CodeOf(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // Authenticators speak nothing else, and HMAC does not rest on what is broken in SHA-1.
        HMACSHA1.HashData(secret, counter, hash);
#pragma warning restore CA5350
        int number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[^1] & 15)..]) & int.MaxValue;
        return (number % Modulus).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>The step that a code belongs to: this one, the one before or the next, if it is later than the last one taken. Else null.</summary>
    /// <param name="lastStep">No code of this step or before is taken again.</param>
    public static long? Match(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        if (code.Length != Digits || !code.All(char.IsAsciiDigit)) return null;
        long step = StepOf(now);
        long? match = null;
        // All three are computed whatever fits: the time taken says nothing.
        for (long at = step + 1; at >= step - 1; at--)
            if (CryptographicOperations.FixedTimeEquals(System.Text.Encoding.ASCII.GetBytes(CodeOf(secret, at)), System.Text.Encoding.ASCII.GetBytes(code)) && at > lastStep)
                match = at;
        return match;
    }

    /// <summary>What an authenticator reads from a picture.</summary>
    /// <param name="key">The secret in base 32.</param>
    public static string UriOf(string userName, string key) =>
        $"otpauth://totp/Quern:{Uri.EscapeDataString(userName)}?secret={key}&issuer=Quern&algorithm=SHA1&digits={Digits}&period={StepSeconds}";
}
