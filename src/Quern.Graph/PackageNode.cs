using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Graph;

/// <summary>A package and the names it needs, as its newest recipe has them.</summary>
public sealed record PackageNode(
    PackageName Name,
    ImmutableArray<PackageName> BuildDependencies,
    ImmutableArray<PackageName> CrossDependencies,
    ImmutableArray<PackageName> Dependencies)
{
    public static PackageNode Of(Recipe recipe) => new(recipe.Name, recipe.BuildDependencies, recipe.CrossDependencies, recipe.Dependencies);
}
