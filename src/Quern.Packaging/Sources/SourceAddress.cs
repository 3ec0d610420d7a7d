using Quern.Model;

namespace Quern.Packaging.Sources;

/// <summary>One source of a recipe, read.</summary>
public abstract record SourceAddress
{
    private SourceAddress() { }

    /// <summary><c>https://…</c> or <c>http://…</c>.</summary>
    public sealed record Web(Uri Address) : SourceAddress;

    /// <summary><c>deb-src:NAME</c> or <c>deb-src:NAME=VERSION</c> (Debian's version of the source package).</summary>
    public sealed record Debian(string Package, string? Version) : SourceAddress;

    /// <summary><c>file:/…</c> on the master.</summary>
    public sealed record File(string Path) : SourceAddress;

    /// <summary>The id of an extra source that the farm keeps.</summary>
    public sealed record Kept(string Id) : SourceAddress;

    /// <param name="text">As the recipe has it.</param>
    /// <param name="address">What it names.</param>
    /// <param name="problem">What is wrong and what to write; empty on success.</param>
    public static bool TryParse(string text, out SourceAddress? address, out string problem)
    {
        address = null;
        problem = "";
        if (text.StartsWith("deb-src:", StringComparison.Ordinal))
        {
            string[] parts = text["deb-src:".Length..].Split('=', 2);
            if (!IsDebianName(parts[0]) || (parts.Length == 2 && !IsDebianVersion(parts[1])))
                problem = $"Source '{text}' does not name a Debian source package. Write deb-src:NAME or deb-src:NAME=VERSION.";
            else address = new Debian(parts[0], parts.Length == 2 ? parts[1] : null);
        }
        else if (text.StartsWith("file:", StringComparison.Ordinal))
        {
            string path = text["file:".Length..];
            if (path.StartsWith("//", StringComparison.Ordinal)) path = path[2..];
            if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
                problem = $"Source '{text}' is not an absolute path. Write file:/FOLDER/NAME.";
            else address = new File(path);
        }
        else if (text.Contains("://", StringComparison.Ordinal))
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
                problem = $"Source '{text}' is not an address the farm can fetch. Write https://, http://, deb-src: or file:.";
            else if (uri.UserInfo.Length > 0)
                problem = $"A source must not carry a user or password in its address (host {uri.Host}). Take it out.";
            else address = new Web(uri);
        }
        else if (text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')) address = new Kept(text);
        else problem = $"Source '{text}' is neither an address nor the id of a kept extra source. See docs/building.md, Sources.";
        return address is not null;
    }

    /// <summary>
    /// A name that is safe as one path segment and as a word of a log: the text after the last slash, other characters than
    /// letters, digits and <c>. _ + ~ -</c> replaced by <c>_</c>, no leading dot or hyphen, at most 128 characters.
    /// </summary>
    public static string SafeFileName(string text)
    {
        string name = text[(text.LastIndexOfAny(['/', '\\']) + 1)..];
        var safe = new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) || "._+~-".Contains(c, StringComparison.Ordinal) ? c : '_')]);
        safe = safe.TrimStart('.', '-');
        // The end tells the kind of archive, so the start goes.
        if (safe.Length > 128) safe = safe[^128..].TrimStart('.', '-');
        return safe.Length == 0 ? "source" : safe;
    }

    // Debian Policy 5.6.1 and 5.6.12.
    private static bool IsDebianName(string text) =>
        text is { Length: >= 2 and <= 128 } && char.IsAsciiLetterOrDigit(text[0]) &&
        text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '+' or '-' or '.');

    private static bool IsDebianVersion(string text) =>
        text is { Length: > 0 and <= 64 } && char.IsAsciiDigit(text[0]) &&
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '+' or '-' or '~' or ':');
}
