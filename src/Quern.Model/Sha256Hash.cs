using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Quern.Model;

/// <summary>The SHA-256 of some bytes; the address of a blob. Text form: 64 lower-case hexadecimal digits.</summary>
public readonly record struct Sha256Hash
{
    private readonly string? _hex;

    private Sha256Hash(string hex) => _hex = hex;

    /// <summary>64 lower-case hexadecimal digits; empty for the default value, which addresses nothing.</summary>
    public string Hex => _hex ?? "";

    public static Sha256Hash Of(ReadOnlySpan<byte> bytes) => FromBytes(SHA256.HashData(bytes));

    /// <param name="digest">Exactly 32 bytes.</param>
    public static Sha256Hash FromBytes(ReadOnlySpan<byte> digest)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(digest.Length, SHA256.HashSizeInBytes);
        return new Sha256Hash(Convert.ToHexStringLower(digest));
    }

    /// <summary>Reads 64 hexadecimal digits of either case; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Sha256Hash hash)
    {
        hash = default;
        if (text is not { Length: 64 }) return false;
        foreach (char c in text)
            if (!char.IsAsciiHexDigit(c)) return false;
        hash = new Sha256Hash(text.ToLowerInvariant());
        return true;
    }

    public override string ToString() => Hex;
}
