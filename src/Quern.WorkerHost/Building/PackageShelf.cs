using Quern.Protocols.Branch.Packages;

namespace Quern.WorkerHost;

/// <summary>The package files that were fetched, by their hash. One user at a time.</summary>
internal sealed class PackageShelf(string folder, WebFetcher web, BotLimits limits)
{
    /// <summary>The path of a package's file, fetched and checked when it is not there.</summary>
    /// <exception cref="BotFailureException">It cannot be had, or is not what the list says.</exception>
    public async Task<string> PathOfAsync(LeafPackage package, Action<string> fetching, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, package.Hash);
        if (File.Exists(path)) return path;
        fetching(package.Url);
        await web.FileAsync(package.Url, path, limits.MaxPackageBytes, package.Hash, cancellationToken);
        return path;
    }

    /// <summary>Forgets what a list does not have any more.</summary>
    public void Sweep(LeafPackageList list)
    {
        if (!Directory.Exists(folder)) return;
        var kept = list.Packages.Select(p => p.Hash).ToHashSet(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(folder).ToList())
            if (!kept.Contains(Path.GetFileName(path))) File.Delete(path);
    }
}
