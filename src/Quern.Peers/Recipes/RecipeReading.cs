using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Peers.Recipes;

/// <summary>What came of a recipe text.</summary>
/// <param name="Recipe">Null exactly when a problem is an error.</param>
/// <param name="Problems">In the order of the file, warnings too.</param>
public sealed record RecipeReading(Recipe? Recipe, RecipeDocument Document, ImmutableArray<RecipeProblem> Problems);
