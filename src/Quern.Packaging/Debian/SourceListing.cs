using System.Text.RegularExpressions;

namespace Quern.Packaging.Debian;

/// <summary>What apt's signed index says about one source package.</summary>
/// <param name="DebianVersion">For instance <c>1:1.2.13.dfsg-1</c>, as far as file names carry it (no epoch).</param>
/// <param name="Uri">Where the upstream archive is.</param>
/// <param name="FileName">Its name in the archive.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its hash in the signed index.</param>
public sealed partial record SourceListing(string DebianVersion, string Uri, string FileName, long Bytes, string Sha256)
{
    /// <summary>The upstream version.</summary>
    public string Version => UpstreamVersion.Of(DebianVersion);

    /// <summary>
    /// Reads the lines of <c>apt-get --print-uris source NAME</c>: <c>'URI' FILE BYTES SHA256:HASH</c>. The upstream archive
    /// alone counts: not its components (<c>.orig-NAME</c>), signatures or Debian's changes. A native package has one archive.
    /// </summary>
    public static SourceListing? Read(string output)
    {
        string? debianVersion = null;
        Match? orig = null, native = null;
        foreach (Match line in Line().Matches(output))
        {
            string file = line.Groups["file"].Value;
            if (file.EndsWith(".dsc", StringComparison.Ordinal)) debianVersion = file[(file.IndexOf('_', StringComparison.Ordinal) + 1)..^4];
            else if (Orig().IsMatch(file)) orig ??= line;
            else if (Archive().IsMatch(file) && !file.Contains(".orig", StringComparison.Ordinal) && !file.Contains(".debian.", StringComparison.Ordinal)) native ??= line;
        }
        return (orig ?? native) is { } found && debianVersion is not null && long.TryParse(found.Groups["bytes"].Value, out long bytes)
            ? new SourceListing(Unescaped(debianVersion), found.Groups["uri"].Value, found.Groups["file"].Value, bytes, found.Groups["hash"].Value)
            : null;
    }

    // '~' of a version stands as %7e in some file names.
    private static string Unescaped(string text) => System.Uri.UnescapeDataString(text);

    [GeneratedRegex(@"^'(?<uri>[^'\s]+)' (?<file>[^\s/]+) (?<bytes>\d{1,15}) SHA256:(?<hash>[0-9a-f]{64})\s*$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Line();

    [GeneratedRegex(@"\.orig\.tar\.(gz|bz2|xz|lzma|zst)$", RegexOptions.CultureInvariant)]
    private static partial Regex Orig();

    [GeneratedRegex(@"\.tar\.(gz|bz2|xz|lzma|zst)$", RegexOptions.CultureInvariant)]
    private static partial Regex Archive();
}
