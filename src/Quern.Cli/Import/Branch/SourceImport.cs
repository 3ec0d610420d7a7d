using System.Security.Cryptography;
using Quern.Cli.Client;
using Quern.Cli.Commands;
using Quern.Peers.Branch;

namespace Quern.Cli.Import.Branch;

/// <summary>Brings extra sources of an old master to the farm, each under its old id.</summary>
internal sealed class SourceImport(OldSources sources, FarmClient? farm)
{
    private const int MaxDescription = 1000;

    public async Task<ImportItem> TakeAsync(OldSource old, CancellationToken stop)
    {
        ImportItem Item(ImportOutcome outcome, string reason) => new(outcome, OldSources.Kind, old.Id, reason);
        if (!Guid.TryParseExact(old.Id, "D", out var id) || id.ToString("D") != old.Id) return Item(ImportOutcome.Refused, "its id is no UUID, so no recipe can name it");
        if (old.Bytes == 0) return Item(ImportOutcome.Refused, "it has no bytes");
        string name = BranchDesk.SafeFileName(old.FileName);
        string told = name == old.FileName ? name : $"'{old.FileName}', kept as {name}";
        string hash;
        await using (var content = sources.Open(old)) hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, stop));
        if (farm is null) return Item(ImportOutcome.Found, told);

        string path = $"/api/v1/sources/{old.Id}";
        if (await farm.FindAsync(path, stop) is { } here)
        {
            return Show.Text(here, "sha256") == hash
                ? Item(ImportOutcome.Here, Show.Text(here, "filename"))
                : Item(ImportOutcome.Refused, $"another file has this id here: {Show.Text(here, "filename")}, SHA-256 {Show.Text(here, "sha256")}");
        }
        string description = old.Description.Length <= MaxDescription ? old.Description : old.Description[..MaxDescription];
        string query = $"filename={Uri.EscapeDataString(name)}&description={Uri.EscapeDataString(description)}&id={old.Id}";
        await using (var content = sources.Open(old)) await farm.UploadAsync($"/api/v1/sources?{query}", content, stop);
        return Item(ImportOutcome.Taken, $"{told}, {Show.Bytes(old.Bytes)}");
    }
}
