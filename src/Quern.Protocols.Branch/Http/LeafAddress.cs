using System.Buffers;
using System.Globalization;

namespace Quern.Protocols.Branch;

/// <summary>Addresses that go into lists of packages.</summary>
public static class LeafAddress
{
    private const int MaxUrl = 2000;
    private const int MaxHost = 253;
    private const string ListQuestion = "/?get=packagelist";

    private static readonly SearchValues<char> HostAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    private static readonly SearchValues<char> AddressAlphabet = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Whether a text can be the front of addresses: absolute, http or https, printable ASCII without query and fragment.</summary>
    public static bool IsBase(string text) =>
        text.Length is > 0 and <= MaxUrl && text.All(c => c is > ' ' and <= '~' and not ('?' or '#' or '"' or '\\' or ';')) &&
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0;

    /// <summary>Where the list of packages is.</summary>
    /// <param name="baseUrl">With or without a slash at its end.</param>
    public static string ListUrl(string baseUrl) => baseUrl.TrimEnd('/') + ListQuestion;

    /// <summary>The front of an address that <see cref="ListUrl"/> made; null for any other.</summary>
    public static string? BaseOf(string listUrl) =>
        listUrl.EndsWith(ListQuestion, StringComparison.Ordinal) && IsBase(listUrl[..^ListQuestion.Length]) ? listUrl[..^ListQuestion.Length] : null;

    /// <summary>Where a package is.</summary>
    /// <param name="realVersion">Empty for the newest one at the time of the download.</param>
    public static string PackageUrl(string baseUrl, string name, string realVersion) =>
        $"{baseUrl.TrimEnd('/')}/?get=package&pkgname={name}{(realVersion.Length == 0 ? "" : $"&version={realVersion}")}";

    /// <summary>Whether the value of a Host header is a host with or without a port, and nothing else.</summary>
    public static bool IsHost(string text)
    {
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            return end is > 2 and < 46 && !text.AsSpan(1, end - 1).ContainsAnyExcept(AddressAlphabet) && IsPortPart(text.AsSpan(end + 1));
        }
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        var host = colon < 0 ? text.AsSpan() : text.AsSpan(0, colon);
        return host.Length is > 0 and <= MaxHost && !host.ContainsAnyExcept(HostAlphabet) && (colon < 0 || IsPortPart(text.AsSpan(colon)));
    }

    /// <summary>Empty, or a colon and a port.</summary>
    private static bool IsPortPart(ReadOnlySpan<char> text) =>
        text.IsEmpty || (text[0] == ':' && text.Length <= 6 && ushort.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0);
}
