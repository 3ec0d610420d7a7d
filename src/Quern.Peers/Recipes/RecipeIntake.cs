using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Peers.Recipes;

/// <summary>A recipe on its way into the store, whatever dialect it came in.</summary>
/// <param name="Recipe">Null when it has errors.</param>
/// <param name="Text">The file that is stored.</param>
/// <param name="Problems">What the checker found.</param>
/// <param name="Notes">What was added on the way; goes into the journal with the revision.</param>
public sealed record RecipeIntake(Recipe? Recipe, string Text, ImmutableArray<RecipeProblem> Problems, ImmutableArray<string> Notes)
{
    /// <summary>A recipe file: stored as it is, with comments and order.</summary>
    public static RecipeIntake FromText(string text)
    {
        var reading = RecipeTranslation.Read(text);
        return new RecipeIntake(reading.Recipe, text, reading.Problems, []);
    }

    /// <summary>
    /// A submission that can carry only Branch's ten keys: what Quern adds comes from the previous revision, except the hash
    /// of a source whose address changed.
    /// </summary>
    /// <param name="build">The ten keys.</param>
    /// <param name="previous">The newest revision; null for a new recipe.</param>
    public static RecipeIntake FromBranch(BranchPackageBuild build, Recipe? previous)
    {
        var reading = RecipeTranslation.Read(build);
        if (reading.Recipe is null) return new RecipeIntake(null, "", reading.Problems, []);
        var (recipe, notes) = RecipeInheritance.Inherit(reading.Recipe, previous);
        return new RecipeIntake(recipe, RecipeTranslation.Write(recipe), reading.Problems, notes);
    }
}
