using System.Text.RegularExpressions;

namespace Quern.Packaging.Debian;

/// <summary>The upstream part of a Debian version (Debian Policy 5.6.12).</summary>
public static partial class UpstreamVersion
{
    /// <summary>
    /// <c>1:1.2.13.dfsg-1</c> gives <c>1.2.13</c>: without epoch, without Debian's revision, without the mark that Debian
    /// repacked it, and what it really is where the archive says so (<c>1.3.dfsg+really1.3.1</c>).
    /// </summary>
    public static string Of(string debianVersion)
    {
        string text = debianVersion;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0) text = text[(colon + 1)..];
        int hyphen = text.LastIndexOf('-');
        if (hyphen > 0) text = text[..hyphen];
        int really = text.LastIndexOf("+really", StringComparison.Ordinal);
        if (really >= 0) text = text[(really + "+really".Length)..];
        return Repacked().Replace(text, "");
    }

    [GeneratedRegex(@"[.+~-]?(dfsg|ds|repack)[.0-9]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Repacked();
}
