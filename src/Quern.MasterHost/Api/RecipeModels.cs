using System.Collections.Immutable;
using System.Text.Json;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <param name="Text">The recipe file; null when <paramref name="Package"/> is given.</param>
/// <param name="Package">The ten keys of a Branch package build; Quern's own keys come from the previous revision.</param>
/// <param name="Note">What the author says about the change.</param>
/// <param name="Check">True only checks; nothing is stored.</param>
internal sealed record RecipeSaveRequest(string? Text = null, JsonElement? Package = null, string? Note = null, bool Check = false);

/// <param name="Revision">The newest now; 0 after a check alone.</param>
/// <param name="Previous">The real version before, when it was another.</param>
/// <param name="Warnings">What the checker found; errors are answered as a problem.</param>
internal sealed record RecipeSaveAnswer(
    string Name, string Version, string RealVersion, int Revision, bool Changed, string? Previous, ImmutableArray<TextProblem> Warnings);

internal sealed record RecipeModel(
    string Name, string Version, string RealVersion, int Revision, string Author, DateTimeOffset Time, string Note,
    ImmutableArray<string> Dependencies, ImmutableArray<string> BuildDependencies, ImmutableArray<string> CrossDependencies, string? Text)
{
    public static RecipeModel Of(StoredRecipe stored, bool withText) => new(
        stored.Recipe.Name.Value, stored.Recipe.Version, stored.Recipe.RealVersion, stored.Revision, stored.Author.Name, stored.Time, stored.Note,
        [.. stored.Recipe.Dependencies.Select(d => d.Value)], [.. stored.Recipe.BuildDependencies.Select(d => d.Value)],
        [.. stored.Recipe.CrossDependencies.Select(d => d.Value)], withText ? stored.Text : null);
}

internal sealed record RecipePage(ImmutableArray<RecipeModel> Items, string? Next);

internal sealed record RecipeHistoryModel(string Name, ImmutableArray<RecipeRevisionModel> Items);

internal sealed record RecipeRevisionModel(int Revision, string RealVersion, string Author, DateTimeOffset Time, string Note);

/// <param name="Text">A unified diff; empty when the texts are equal.</param>
internal sealed record RecipeDiffModel(string Name, int From, int To, string Text);
