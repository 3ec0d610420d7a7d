using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>What a package says of itself beside its name and real version.</summary>
/// <param name="Version">The upstream version: part of the path of everything in the file.</param>
/// <param name="Dependencies">Packages that it needs to run.</param>
public sealed record PackageFacts(string Version, string Description, ImmutableArray<PackageName> Dependencies)
{
    /// <summary>What a package says that is built from this.</summary>
    public static PackageFacts Of(Recipe recipe) => new(recipe.Version, recipe.Description, recipe.Dependencies);
}
