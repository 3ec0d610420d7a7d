using Quern.Packaging.Debian;

namespace Quern.Packaging.Sources;

/// <summary>Fetches the upstream archive of a Debian source package; version and hash come from the signed index.</summary>
public static class DebianSource
{
    private const string Downloader = "/usr/lib/apt/apt-helper";    // part of apt itself

    /// <summary>The upstream version that the archive has, for instance to keep sample recipes in step with it.</summary>
    /// <returns>The listing, or a message in its place.</returns>
    public static async Task<(SourceListing? Listing, string Problem)> FindAsync(
        SourceAddress.Debian address, string suite, string aptFolder, TimeSpan indexAge, TimeProvider time, CancellationToken cancellationToken)
    {
        var (apt, problem) = Open(suite, aptFolder, time);
        if (apt is null) return (null, problem);
        using var held = await apt.LockAsync(cancellationToken);
        return await FindAsync(apt, address, suite, indexAge, cancellationToken);
    }

    internal static async Task<FetchResult> FetchAsync(SourceAddress.Debian address, FetchRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        var (apt, problem) = Open(request.Suite, request.AptFolder, time);
        if (apt is null) return new FetchResult.Failed(problem, false);
        SourceListing? listing;
        using (await apt.LockAsync(cancellationToken))
            (listing, problem) = await FindAsync(apt, address, request.Suite, request.Limits.IndexAge, cancellationToken);
        if (listing is null) return new FetchResult.Failed(problem, false);

        string name = $"deb-src:{address.Package}";
        if (request.Version is { } wanted && wanted != listing.Version)
            return new FetchResult.Failed($"The recipe says version {wanted}, but Debian {request.Suite} has {listing.Version} of {address.Package} " +
                $"({listing.DebianVersion}). Set version={listing.Version} in the recipe (and its sha256, if any), or name another source.", false);
        if (request.Sha256 is { } expected && !expected.Equals(listing.Sha256, StringComparison.OrdinalIgnoreCase))
            return new FetchResult.Failed($"Source {name} has SHA-256 {listing.Sha256} in Debian's index, the recipe or an earlier fetch says {expected}. " +
                "Find out why before you change sha256 in the recipe.", false);
        if (listing.Bytes > request.Limits.MaxBytes)
            return new FetchResult.Failed($"Source {name} has {listing.Bytes} bytes, more than the limit of {request.Limits.MaxBytes}.", false);

        var download = await apt.RunAsync(Downloader, ["download-file", listing.Uri, request.Target, "SHA256:" + listing.Sha256], cancellationToken);
        if (!download.Succeeded)
            return new FetchResult.Failed($"Source {name} ({listing.FileName}) was not fetched from Debian's archive: {Reason(download)}. Try again later.", true);
        return new FetchResult.Fetched(SourceAddress.SafeFileName(listing.FileName), listing.Sha256, listing.Bytes, listing.Version);
    }

    private static (PrivateApt? Apt, string Problem) Open(string suite, string aptFolder, TimeProvider time)
    {
        var archive = DebianArchive.Choose(AptSources.ReadMachine(), suite, out string problem);
        return archive is null ? (null, problem) : (new PrivateApt(Path.Combine(aptFolder, suite), archive, time), "");
    }

    private static async Task<(SourceListing? Listing, string Problem)> FindAsync(
        PrivateApt apt, SourceAddress.Debian address, string suite, TimeSpan indexAge, CancellationToken cancellationToken)
    {
        if (await apt.RefreshAsync(indexAge, cancellationToken) is { } problem) return (null, problem);
        string name = address.Version is null ? address.Package : $"{address.Package}={address.Version}";
        var listed = await apt.RunAsync("apt-get", ["-q", "--only-source", "--download-only", "--print-uris", "source", name], cancellationToken);
        if (!listed.Succeeded)
            return (null, $"Debian {suite} has no source package {name}: {listed.LastError}. Check the name in the recipe.");
        return SourceListing.Read(listed.Output) is { } found
            ? (found, "")
            : (null, $"Debian's source package {name} in {suite} has no upstream archive of its own.");
    }

    // apt-helper's last word is always "Download Failed"; what failed stands before it.
    private static string Reason(ProgramResult download) =>
        (download.Errors + download.Output).Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.StartsWith("E: Failed to fetch", StringComparison.Ordinal) || l.StartsWith("Err:", StringComparison.Ordinal))
        ?? download.LastError;
}
