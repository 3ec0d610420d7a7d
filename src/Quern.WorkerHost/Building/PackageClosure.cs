using System.Collections.Immutable;
using Quern.Protocols.Branch.Packages;

namespace Quern.WorkerHost;

/// <summary>What has to be installed for some packages: they, and what they need to run, and so on.</summary>
internal static class PackageClosure
{
    /// <param name="names">Where to start.</param>
    /// <returns>What is needed before what needs it; circles are cut where they close.</returns>
    /// <exception cref="BotFailureException">The list lacks a package; the message names all that it lacks.</exception>
    public static ImmutableArray<LeafPackage> Of(IEnumerable<string> names, LeafPackageList list)
    {
        var ordered = ImmutableArray.CreateBuilder<LeafPackage>();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        // A stack of its own: a master's packages may form chains of any length.
        var open = new Stack<(string Name, LeafPackage? Done)>(names.Reverse().Select(n => (n, (LeafPackage?)null)));
        while (open.TryPop(out var entry))
        {
            if (entry.Done is { } done)
            {
                ordered.Add(done);
                continue;
            }
            if (!seen.Add(entry.Name)) continue;
            if (list.Find(entry.Name) is not { } package)
            {
                missing.Add(entry.Name);
                continue;
            }
            open.Push((entry.Name, package));
            for (int i = package.Dependencies.Length - 1; i >= 0; i--) open.Push((package.Dependencies[i], null));
        }
        const int shown = 20;
        return missing.Count == 0
            ? ordered.ToImmutable()
            : throw new BotFailureException($"the package list lacks {string.Join(", ", missing.Take(shown))}{(missing.Count > shown ? " …" : "")}");
    }
}
