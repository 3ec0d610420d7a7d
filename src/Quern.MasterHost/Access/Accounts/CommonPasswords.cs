using System.Collections.Frozen;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>
/// Passwords that guessers try first. The list beside this file was put together for Quern from the families that published lists of
/// leaked passwords have in common (the word itself, keyboard walks, counting, names of products and of this one), not copied from one.
/// </summary>
internal static class CommonPasswords
{
    private const int FewCharacters = 5;

    private static readonly FrozenSet<string> Words = Read();

    /// <summary>Also when only its case, and digits or signs around it, are different; and for a text of hardly any different characters.</summary>
    public static bool Has(string password)
    {
        string text = password.ToLowerInvariant();
        if (text.Distinct().Count() < FewCharacters || Words.Contains(text)) return true;
        string bare = text.Trim([.. text.Where(c => !char.IsLetter(c)).Distinct()]);
        // A bare word of one letter would be one that digits and signs carry.
        return bare.Length > 3 && Words.Contains(bare);
    }

    private static FrozenSet<string> Read()
    {
        using var reader = new StreamReader(typeof(CommonPasswords).Assembly.GetManifestResourceStream("common-passwords.txt")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.Ordinal);
    }
}
