using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Graph;

/// <summary>
/// An ordered batch: a step starts when every build of the step before it has succeeded. Empty steps are no barrier and no
/// gap: a step waits for the nearest earlier one that has packages.
/// </summary>
public static class SolutionOrder
{
    /// <summary>One build of a batch.</summary>
    /// <param name="Step">Number among the steps that have packages, from 0.</param>
    /// <param name="Needs">Positions in the result of the builds this one waits for.</param>
    public sealed record Build(PackageName Package, int Step, ImmutableArray<int> Needs);

    /// <summary>One build per name, in order; a name that stands twice is built twice.</summary>
    public static ImmutableArray<Build> Of(IEnumerable<IReadOnlyCollection<PackageName>> steps)
    {
        var builds = ImmutableArray.CreateBuilder<Build>();
        ImmutableArray<int> barrier = [];
        int step = 0;
        foreach (var names in steps)
        {
            if (names.Count == 0) continue;
            int first = builds.Count;
            foreach (var name in names) builds.Add(new Build(name, step, barrier));
            // One array for the whole step: the builds of the next step share it.
            barrier = [.. Enumerable.Range(first, names.Count)];
            step++;
        }
        return builds.ToImmutable();
    }

    /// <summary>
    /// Needs that the batch itself builds, but in no earlier step: the build would take what was built before the batch. In the order
    /// of the batch; a need on oneself is none.
    /// </summary>
    public static ImmutableArray<Doubt> Doubts(ImmutableArray<Build> builds, PackageGraph graph, BuildEnvironment environment)
    {
        var first = new Dictionary<PackageName, int>();
        foreach (var build in builds) first.TryAdd(build.Package, build.Step);
        var doubts = ImmutableArray.CreateBuilder<Doubt>();
        foreach (var build in builds)
        {
            foreach (var need in graph.NeedsOf(build.Package, environment))
                if (need != build.Package && first.TryGetValue(need, out int step) && step >= build.Step) doubts.Add(new Doubt(build.Package, build.Step, need, step));
        }
        return doubts.ToImmutable();
    }

    /// <summary>A build that comes too early.</summary>
    /// <param name="Step">Where it is built, from 0.</param>
    /// <param name="NeedStep">The first step that builds what it needs; not before <paramref name="Step"/>.</param>
    public sealed record Doubt(PackageName Package, int Step, PackageName Need, int NeedStep);
}
