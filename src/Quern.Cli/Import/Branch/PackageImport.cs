using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Quern.Cli.Commands;

namespace Quern.Cli.Import.Branch;

/// <summary>Brings package files of an old master to the farm, each checked against the hash that the old master published.</summary>
internal sealed class PackageImport(BranchImportOptions options, FarmClient? farm)
{
    private const string Kind = "package";
    private const int BufferBytes = 128 << 10;

    /// <summary>What the farm has of the package that was asked for last; packages come name by name.</summary>
    private (string Name, JsonArray Items) _known = ("", []);

    public async Task<ImportItem> TakeAsync(OldPackage old, CancellationToken stop)
    {
        ImportItem Item(ImportOutcome outcome, string reason) => new(outcome, Kind, old.Title, reason);
        if (!PlainFile.TryOpen(old.Path, out var file, out string? why)) return Item(ImportOutcome.Refused, $"{Path.GetFileName(old.Path)}: {why}");
        await using (file)
        {
            var (md5, sha256, bytes) = await HashesAsync(file, stop);
            if (old.Md5 is { } published && published != md5) return Item(ImportOutcome.Refused, $"its MD5 is {md5}, but branch.meta says {Terminal.Clean(published)}");
            string told = Show.Bytes(bytes) + (old.Md5 is null ? ", branch.meta has no hash of it" : "");
            if (farm is null) return Item(ImportOutcome.Found, told);

            if (await HereAsync(old, stop) is { } here)
            {
                if (Show.Text(here, "sha256") == sha256) return Item(ImportOutcome.Here, told);
                if (!options.Replace)
                    return Item(ImportOutcome.Skipped, $"another file is published as {options.Environment} for {options.Architecture}; --replace takes the old master's");
            }
            file.Position = 0;
            string query = $"version={Uri.EscapeDataString(old.Version)}&environment={options.Environment}&architecture={Uri.EscapeDataString(options.Architecture)}" +
                $"&sha256={sha256}&replace={(options.Replace ? "true" : "false")}";
            await farm.PutFileAsync($"/api/v1/packages/{Uri.EscapeDataString(old.Name.Value)}/{old.RealVersion}?{query}", file, stop);
            return Item(ImportOutcome.Taken, $"{told}, {options.Environment} {options.Architecture}");
        }
    }

    private async Task<JsonNode?> HereAsync(OldPackage old, CancellationToken stop)
    {
        if (_known.Name != old.Name.Value)
        {
            var found = await farm!.FindAsync($"/api/v1/packages/{Uri.EscapeDataString(old.Name.Value)}", stop);
            _known = (old.Name.Value, found?["items"]?.AsArray() ?? []);
        }
        return _known.Items.FirstOrDefault(p =>
            Show.Text(p, "real_version") == old.RealVersion && Show.Text(p, "environment") == options.Environment && Show.Text(p, "architecture") == options.Architecture);
    }

    // MD5 is what the old master published: it finds a damaged file, and proves nothing more.
    private static async Task<(string Md5, string Sha256, long Bytes)> HashesAsync(FileStream file, CancellationToken stop)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        long bytes = 0;
        int read;
        while ((read = await file.ReadAsync(buffer, stop)) > 0)
        {
            md5.AppendData(buffer, 0, read);
            sha256.AppendData(buffer, 0, read);
            bytes += read;
        }
        return (Convert.ToHexStringLower(md5.GetHashAndReset()), Convert.ToHexStringLower(sha256.GetHashAndReset()), bytes);
    }
}
