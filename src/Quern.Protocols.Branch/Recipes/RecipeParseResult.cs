using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>What was read from a recipe file. There is always a document; it is empty when the file broke a limit.</summary>
/// <param name="Problems">In the order of the file.</param>
public sealed record RecipeParseResult(RecipeDocument Document, ImmutableArray<RecipeProblem> Problems)
{
    public bool HasErrors => Problems.Any(p => p.Severity == RecipeSeverity.Error);
}
