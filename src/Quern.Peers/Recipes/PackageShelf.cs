using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Storage;

namespace Quern.Peers.Recipes;

/// <summary>The finished packages that a build needs, each the newest of its name in the same environment and architecture.</summary>
public sealed class PackageShelf(FarmStore store)
{
    /// <summary>Direct build dependencies and what those need to run, transitively.</summary>
    public async Task<(ImmutableArray<PlannedPackage> Packages, ImmutableArray<PackageName> Missing)> ResolveAsync(
        IEnumerable<PackageName> direct, BuildEnvironment environment, string architecture, CancellationToken cancellationToken)
    {
        // The closure is pure and asks by name; what it can ask for is read first, breadth by breadth.
        var known = new Dictionary<PackageName, PlannedPackage?>();
        var names = direct.ToImmutableArray();
        var open = new Queue<PackageName>(names);
        while (open.TryDequeue(out var name))
        {
            if (known.ContainsKey(name)) continue;
            var package = await FindAsync(name, environment, architecture, cancellationToken);
            known[name] = package;
            foreach (var need in package?.Dependencies ?? []) open.Enqueue(need);
        }
        var ordered = DependencyClosure.Resolve(names, name => known[name], out var missing);
        return (ordered, missing);
    }

    /// <summary>The newest finished package of a name; null when there is none.</summary>
    public async Task<PlannedPackage?> FindAsync(PackageName name, BuildEnvironment environment, string architecture, CancellationToken cancellationToken)
    {
        if (await store.FindArtifactAsync(name, environment, architecture, null, cancellationToken) is not { } artifact) return null;
        return await store.FactsOfAsync(artifact, cancellationToken) is { } facts
            ? new PlannedPackage(name, facts.Version, artifact.Sha256, facts.Dependencies)
            : null;
    }
}
