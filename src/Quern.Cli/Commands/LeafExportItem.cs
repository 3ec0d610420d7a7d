using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Cli.Commands;

/// <summary>A package of the farm's list. Its texts become paths, so all that cannot be one is refused, whoever answered.</summary>
internal sealed record LeafExportItem(
    string Name, string RealVersion, string Version, string Description, ImmutableArray<string> Dependencies, string Environment, string Architecture,
    string Md5, string Sha256, long Bytes)
{
    /// <summary>Below the folder of the export, with slashes.</summary>
    public string File => $"packages/{Name}/{RealVersion}/{Name}-{Version}-{Md5}.lfpkg";

    /// <exception cref="CommandFailedException">The answer is none of Quern's.</exception>
    public static LeafExportItem Of(JsonNode node)
    {
        var item = new LeafExportItem(
            Show.Text(node, "name"), Show.Text(node, "real_version"), Show.Text(node, "version"), Show.Text(node, "description"),
            [.. (node["dependencies"] as JsonArray ?? []).Select(d => d?.ToString() ?? "")], Show.Text(node, "environment"), Show.Text(node, "architecture"),
            Show.Text(node, "md5"), Show.Text(node, "sha256"), long.TryParse(Show.Text(node, "bytes"), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : -1);
        bool good = PackageName.IsValid(item.Name) && RecipeText.IsRealVersion(item.RealVersion) && RecipeText.IsVersion(item.Version) && item.Dependencies.All(PackageName.IsValid) &&
            item.Environment is "release" or "cross" && (item.Architecture.Length == 0 || RecipeText.IsArchitecture(item.Architecture)) &&
            item.Md5.Length == 32 && item.Md5.All(char.IsAsciiHexDigitLower) && Sha256Hash.TryParse(item.Sha256, out _) && item.Bytes >= 0;
        return good ? item : throw new CommandFailedException(ExitCode.Failed, $"The list of packages has an entry that is none: '{item.Name}'. Nothing of it was written.");
    }
}
