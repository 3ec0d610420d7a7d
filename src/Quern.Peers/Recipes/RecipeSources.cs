using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Recipes;

/// <summary>An address of a recipe and the hash its bytes must have; null when the first fetch is to be recorded.</summary>
public readonly record struct RecipeSource(string Address, Sha256Hash? Sha256);

/// <summary>Pairs the addresses of a recipe with its hashes.</summary>
public static class RecipeSources
{
    /// <summary>
    /// The source, then each extra source that is an address, in order. A recipe without source has no place for one; ids of
    /// managed extra sources have none either, since their bytes are addressed by hash already.
    /// </summary>
    public static ImmutableArray<RecipeSource> Of(Recipe recipe) =>
        [.. RecipeTranslation.AddressesOf(recipe.Source, recipe.ExtraSources).Select((a, i) => new RecipeSource(a, i < recipe.Sha256.Length ? recipe.Sha256[i] : null))];
}
