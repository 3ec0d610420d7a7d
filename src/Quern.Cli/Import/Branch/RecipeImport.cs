using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Quern.Cli.Commands;
using Quern.Model;
using Quern.Peers.Recipes;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Cli.Import.Branch;

/// <summary>Brings recipes of an old master to the farm. What somebody changed here since the last import stays.</summary>
internal sealed class RecipeImport(BranchImportOptions options, FarmClient? farm)
{
    /// <summary>How the history tells imported revisions: by the beginning of their note.</summary>
    public const string Note = "imported from a Branch master";

    private const string Kind = "recipe";

    public async Task<ImportItem> TakeAsync(OldRecipe old, CancellationToken stop)
    {
        ImportItem Item(ImportOutcome outcome, string reason) => new(outcome, Kind, old.Name, reason);
        if (old.Refusal() is { } refusal) return Item(ImportOutcome.Refused, refusal);
        var recipe = old.Reading.Recipe!;
        if (farm is null) return Item(ImportOutcome.Found, $"{recipe.Version}-{recipe.RealVersion}");

        string path = $"/api/v1/recipes/{Uri.EscapeDataString(recipe.Name.Value)}";
        var here = await farm.FindAsync(path, stop);
        if (here is not null && IsSame(old, recipe, Show.Text(here, "text"))) return Item(ImportOutcome.Here, $"revision {Show.Text(here, "revision")}");
        if (!options.Replace && await MineAsync(here, path, stop) is { } mine) return Item(ImportOutcome.Skipped, mine);
        var request = new JsonObject { ["note"] = Note };
        if (old.Text is { } text) request["text"] = text;
        else request["package"] = JsonNode.Parse(BranchPackageBuildJson.ToText(RecipeTranslation.ToPackageBuild(recipe)));
        var saved = await farm.PostAsync("/api/v1/recipes", request, stop);
        return Item(ImportOutcome.Taken, $"{recipe.Version}-{recipe.RealVersion}, revision {Show.Text(saved, "revision")}");
    }

    /// <summary>The ten keys of Branch decide; the farm may have more of its own.</summary>
    private static bool IsSame(OldRecipe old, Recipe recipe, string here) =>
        here == old.Text || (RecipeTranslation.Read(here).Recipe is { } other && RecipeTranslation.WriteForBranch(other) == RecipeTranslation.WriteForBranch(recipe));

    /// <summary>Why what is here is not to be overwritten; null when it may be.</summary>
    private async Task<string?> MineAsync(JsonObject? here, string path, CancellationToken stop)
    {
        if (here is not null)
            return Show.Text(here, "note").StartsWith(Note, StringComparison.Ordinal) ? null
                : $"revision {Show.Text(here, "revision")} by {Show.Text(here, "author")} differs and stays; --replace takes the old master's";
        return await farm!.HasAsync(path + "/history", stop) ? "it was deleted here; --replace brings it back" : null;
    }
}
