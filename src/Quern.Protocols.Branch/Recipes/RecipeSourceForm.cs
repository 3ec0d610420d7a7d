using System.Buffers;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>What the text of a source says about where the bytes come from.</summary>
public enum RecipeSourceForm
{
    /// <summary>No source.</summary>
    Empty,

    /// <summary><c>https://…</c> or <c>http://…</c>.</summary>
    Web,

    /// <summary><c>deb-src:NAME</c>: the upstream archive of a Debian source package.</summary>
    DebianSource,

    /// <summary><c>file:/…</c>: a file of the master.</summary>
    File,

    /// <summary>The id of a managed extra source (a UUID chosen by the master); not an address.</summary>
    Managed,

    /// <summary>None of these.</summary>
    Unknown,
}

/// <summary>Reads the form of a source.</summary>
public static class RecipeSourceForms
{
    private const string DebianPrefix = "deb-src:";

    private static readonly SearchValues<char> DebianAlphabet = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789+-.");

    public static RecipeSourceForm Of(string text)
    {
        if (text.Length == 0) return RecipeSourceForm.Empty;
        if (text.StartsWith("https://", StringComparison.Ordinal) || text.StartsWith("http://", StringComparison.Ordinal))
        {
            bool address = !text.AsSpan().ContainsAnyInRange('\0', ' ') && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Host.Length > 0;
            return address ? RecipeSourceForm.Web : RecipeSourceForm.Unknown;
        }
        if (text.StartsWith(DebianPrefix, StringComparison.Ordinal))
        {
            var name = text.AsSpan(DebianPrefix.Length);
            // Debian policy 5.6.1: at least two characters, the first a letter or a digit.
            bool valid = name.Length is >= 2 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && !name.ContainsAnyExcept(DebianAlphabet);
            return valid ? RecipeSourceForm.DebianSource : RecipeSourceForm.Unknown;
        }
        if (text.StartsWith("file:", StringComparison.Ordinal))
            return text.StartsWith("file:/", StringComparison.Ordinal) && text.Length > "file:/".Length ? RecipeSourceForm.File : RecipeSourceForm.Unknown;
        return Guid.TryParseExact(text, "D", out _) ? RecipeSourceForm.Managed : RecipeSourceForm.Unknown;
    }

    /// <summary>True for sources that are fetched from somewhere and so take a place in <c>sha256</c>.</summary>
    public static bool IsAddress(string text) =>
        Of(text) is RecipeSourceForm.Web or RecipeSourceForm.DebianSource or RecipeSourceForm.File;
}
