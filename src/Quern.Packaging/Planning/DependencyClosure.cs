using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>Which finished packages a build needs: its build dependencies and what those need to run, transitively.</summary>
public static class DependencyClosure
{
    /// <summary>
    /// The build dependencies that count in an environment: a cross build takes the recipe's cross dependencies, or its build
    /// dependencies when it names none (Branch, section "build environment").
    /// </summary>
    public static ImmutableArray<PackageName> Direct(Recipe recipe, BuildEnvironment environment) =>
        environment == BuildEnvironment.Cross && !recipe.CrossDependencies.IsEmpty ? recipe.CrossDependencies : recipe.BuildDependencies;

    /// <summary>Walks from the direct names; a name seen twice counts once, so circles end.</summary>
    /// <param name="direct">Where to start.</param>
    /// <param name="find">The newest finished package of a name in the environment; null when there is none.</param>
    /// <param name="missing">Names without a finished package, in the order met.</param>
    /// <returns>What is needed before what needs it.</returns>
    public static ImmutableArray<PlannedPackage> Resolve(
        IEnumerable<PackageName> direct, Func<PackageName, PlannedPackage?> find, out ImmutableArray<PackageName> missing)
    {
        var ordered = ImmutableArray.CreateBuilder<PlannedPackage>();
        var absent = ImmutableArray.CreateBuilder<PackageName>();
        var seen = new HashSet<PackageName>();
        // A stack of its own: recipes of strangers may form chains of any length.
        var open = new Stack<(PackageName Name, PlannedPackage? Done)>(direct.Reverse().Select(n => (n, (PlannedPackage?)null)));
        while (open.TryPop(out var entry))
        {
            if (entry.Done is not null)
            {
                ordered.Add(entry.Done);
                continue;
            }
            if (!seen.Add(entry.Name)) continue;
            if (find(entry.Name) is not { } package)
            {
                absent.Add(entry.Name);
                continue;
            }
            open.Push((entry.Name, package));
            for (int i = package.Dependencies.Length - 1; i >= 0; i--) open.Push((package.Dependencies[i], null));
        }
        missing = absent.ToImmutable();
        return ordered.ToImmutable();
    }
}
