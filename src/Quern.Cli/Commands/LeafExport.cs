using System.Collections.Immutable;
using System.Security.Cryptography;
using Quern.Cli.Client;
using Quern.Protocols.Branch;
using Quern.Protocols.Branch.Packages;

namespace Quern.Cli.Commands;

/// <summary>
/// A repository for leaf as plain files: <c>packagelist.json</c> and <c>packages/NAME/REAL_VERSION/NAME-VERSION-MD5.lfpkg</c>. A file
/// never changes once it has its name, and the list is replaced last and in one step, so whoever reads the folder meanwhile finds a list
/// whose files are there with the hashes it names.
/// </summary>
internal sealed class LeafExport(FarmClient farm, string folder, string baseUrl)
{
    private const string ListName = "packagelist.json";

    /// <summary>A package may be built again between the list and its download; then the list is asked for again.</summary>
    private const int MaxRounds = 5;

    private readonly LeafManifest _manifest = new(folder);

    /// <summary>Brings the folder up to date.</summary>
    /// <param name="prune">Whether files of earlier exports go that the new list does not name.</param>
    public async Task<LeafExportResult> RunAsync(bool prune, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        var earlier = _manifest.Read();
        string list = Path.Combine(folder, ListName);
        if (earlier is null && File.Exists(list))
            throw new CommandFailedException(ExitCode.Failed, $"'{list}' is not from an export of Quern, so it is not replaced. Choose another folder or move it away.");
        var known = earlier ?? [];
        int written = 0;
        for (int round = 1; ; round++)
        {
            var packages = (await farm.ListAsync("/api/v1/leaf/packages", "after", int.MaxValue, stop)).Select(p => LeafExportItem.Of(p!)).ToImmutableArray();
            // Written down before the first file is: nothing that this leaves behind is ever taken for somebody else's.
            known = known.Union(packages.Select(p => p.File)).Add(ListName);
            _manifest.Write(known);
            bool all = true;
            foreach (var package in packages)
            {
                if (IsThere(package)) continue;
                if (!await TryFetchAsync(package, stop))
                {
                    all = false;
                    break;
                }
                written++;
            }
            if (!all && round < MaxRounds) continue;
            if (!all) throw new CommandFailedException(ExitCode.Failed, "Packages were built again faster than they could be copied; the list in the folder is the one from before. Try again.");
            WriteList(list, packages);
            int removed = prune ? Remove(known, [.. packages.Select(p => p.File), ListName]) : 0;
            return new LeafExportResult(folder, $"{baseUrl.TrimEnd('/')}/{ListName}", packages.Length, written, removed);
        }
    }

    private bool IsThere(LeafExportItem package)
    {
        var file = new FileInfo(Path.Combine(folder, package.File));
        if (!file.Exists || file.Length != package.Bytes) return false;
        using var stream = file.OpenRead();
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == package.Sha256;
    }

    /// <summary>False when the farm has another file by now.</summary>
    private async Task<bool> TryFetchAsync(LeafExportItem package, CancellationToken stop)
    {
        string question = $"environment={package.Environment}&architecture={Uri.EscapeDataString(package.Architecture)}&real_version={package.RealVersion}";
        using var answer = await farm.OpenAsync($"/api/v1/packages/{Uri.EscapeDataString(package.Name)}/download?{question}", stop);
        if (answer.Headers.ETag?.Tag.Trim('"') != package.Sha256) return false;
        string target = Path.Combine(folder, package.File), partial = $"{target}.{Guid.NewGuid():N}.part";
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        try
        {
            await using (var body = await answer.Content.ReadAsStreamAsync(stop))
            await using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
            {
                await body.CopyToAsync(file, stop);
                file.Flush(flushToDisk: true);
                var (sha256, md5) = await HashesAsync(file, stop);
                if (sha256 != package.Sha256 || md5 != package.Md5)
                    throw new CommandFailedException(ExitCode.Failed, $"'{package.Name}' arrived with SHA-256 {sha256} and MD5 {md5}, not {package.Sha256} and {package.Md5}; it was not kept.");
            }
            File.Move(partial, target, overwrite: true);
            return true;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static async Task<(string Sha256, string Md5)> HashesAsync(FileStream file, CancellationToken stop)
    {
        file.Position = 0;
        string sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, stop));
        file.Position = 0;
        return (sha256, await LeafHash.OfAsync(file, stop));
    }

    private void WriteList(string list, ImmutableArray<LeafExportItem> packages)
    {
        var items = packages.Select(p => new LeafPackage(p.Name, p.RealVersion, p.Version, p.Description, p.Dependencies, p.Md5, UrlOf(p)));
        WholeFile.Write(list, BranchHttpWriter.Write(new BranchHttpAnswer.Packages([.. items])).Body.Span);
    }

    private string UrlOf(LeafExportItem package) =>
        $"{baseUrl.TrimEnd('/')}/{string.Join('/', package.File.Split('/').Select(Uri.EscapeDataString))}";

    private int Remove(ImmutableSortedSet<string> known, ImmutableHashSet<string> kept)
    {
        int removed = 0;
        foreach (string file in known.Where(f => !kept.Contains(f)))
        {
            string path = Path.Combine(folder, file);
            if (File.Exists(path)) removed++;
            File.Delete(path);
        }
        _manifest.Write(known.Intersect(kept));
        return removed;
    }
}
