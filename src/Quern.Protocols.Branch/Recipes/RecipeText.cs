using System.Buffers;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>The closed alphabets of a recipe's texts. Names and versions become parts of paths.</summary>
public static class RecipeText
{
    public const string NameRule = "1 to 128 characters of A-Z a-z 0-9 _ + -";
    public const string VersionRule = "1 to 64 characters of A-Z a-z 0-9 . _ + ~ : -";
    public const string RealVersionRule = "1 to 9 digits";
    public const string ArchitectureRule = "1 to 32 characters of a-z A-Z 0-9 _ - as 'uname -m' prints it";

    private const string LettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> NameAlphabet = SearchValues.Create(LettersAndDigits + "_+-");
    private static readonly SearchValues<char> VersionAlphabet = SearchValues.Create(LettersAndDigits + "._+~:-");
    private static readonly SearchValues<char> ArchitectureAlphabet = SearchValues.Create(LettersAndDigits + "_-");

    public static bool IsName(string text) => text.Length is > 0 and <= 128 && !text.AsSpan().ContainsAnyExcept(NameAlphabet);

    public static bool IsVersion(string text) => text.Length is > 0 and <= 64 && !text.AsSpan().ContainsAnyExcept(VersionAlphabet);

    public static bool IsRealVersion(string text) => text.Length is > 0 and <= 9 && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    public static bool IsArchitecture(string text) => text.Length is > 0 and <= 32 && !text.AsSpan().ContainsAnyExcept(ArchitectureAlphabet);

    public static bool IsHash(string text) => text.Length == 64 && !text.AsSpan().ContainsAnyExcept(Hex);

    /// <summary>Offset of the first character outside of the name alphabet, 0 when there is none.</summary>
    internal static int FirstOutsideName(string text) => Math.Max(0, text.AsSpan().IndexOfAnyExcept(NameAlphabet));

    /// <summary>Offset of the first character outside of the version alphabet, 0 when there is none.</summary>
    internal static int FirstOutsideVersion(string text) => Math.Max(0, text.AsSpan().IndexOfAnyExcept(VersionAlphabet));

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Offset of the first half of a surrogate pair without its other half, -1 when the text is sound.</summary>
    internal static int FirstBrokenSurrogate(string text)
    {
        int i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        for (; i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return i;
            i++;
        }
        return -1;
    }
}
