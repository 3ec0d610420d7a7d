using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Graph;

/// <summary>
/// Packages in the order in which they must be built: each after everything of the plan that it needs. What lies on a cycle,
/// and what needs something on a cycle, has no such order; it is listed apart, and the caller decides whether to go on without.
/// </summary>
public sealed class RebuildPlan
{
    private readonly PackageGraph _graph;
    private readonly Adjacency _needs;
    private readonly int[] _builds;
    private readonly int[] _layer;

    internal RebuildPlan(PackageGraph graph, Adjacency needs, int[] builds, int[] layer, Func<int, BuildEnvironment> environmentOf)
    {
        (_graph, _needs, _builds, _layer) = (graph, needs, builds, layer);
        Builds = [.. builds.Select(i => new PlannedBuild(graph.NameAt(i), environmentOf(i), layer[i]))];
        LayerCount = builds.Length == 0 ? 0 : layer[builds[^1]] + 1;
    }

    /// <summary>By layer, then by name.</summary>
    public ImmutableArray<PlannedBuild> Builds { get; }

    public int LayerCount { get; }

    /// <summary>Each a way from a package through its needs back to itself: <c>a, b, a</c> means a needs b and b needs a.</summary>
    public required ImmutableArray<ImmutableArray<PackageName>> Cycles { get; init; }

    /// <summary>Packages of the plan that have no place in the order, by name.</summary>
    public required ImmutableArray<PackageName> Unordered { get; init; }

    /// <summary>Names that were asked for and have no recipe.</summary>
    public required ImmutableArray<PackageName> UnknownPackages { get; init; }

    /// <summary>Needs of packages of the plan that have no recipe.</summary>
    public required ImmutableArray<UnknownDependency> UnknownDependencies { get; init; }

    /// <summary>The layers in order; every build's needs lie in lower ones.</summary>
    public IEnumerable<ImmutableArray<PlannedBuild>> Layers()
    {
        for (int start = 0; start < Builds.Length;)
        {
            int end = start;
            while (end < Builds.Length && Builds[end].Layer == Builds[start].Layer) end++;
            yield return Builds[start..end];
            start = end;
        }
    }

    /// <summary>What a build of the plan needs directly and the plan builds too, by name: the jobs its job waits for.</summary>
    public ImmutableArray<PackageName> NeedsOf(PackageName name)
    {
        int index = _graph.IndexOf(name);
        if (index < 0 || _layer[index] < 0) return [];
        var needs = ImmutableArray.CreateBuilder<PackageName>();
        foreach (int need in _needs[index])
            if (_layer[need] >= 0) needs.Add(_graph.NameAt(need));
        return needs.ToImmutable();
    }

    /// <summary>The chain of the plan that takes longest.</summary>
    /// <param name="durationOf">How long a package's build took before; null when it is not known.</param>
    /// <param name="estimate">Taken for packages whose duration is not known.</param>
    public CriticalPath FindCriticalPath(Func<PackageName, TimeSpan?> durationOf, TimeSpan estimate)
    {
        if (_builds.Length == 0) return CriticalPath.Empty;
        var finish = new long[_graph.Count];
        var longestNeed = new int[_graph.Count];
        int last = _builds[0];
        foreach (int build in _builds)
        {
            (long begin, longestNeed[build]) = (0, -1);
            foreach (int need in _needs[build])
            {
                if (_layer[need] < 0 || (longestNeed[build] >= 0 && finish[need] <= begin)) continue;
                (begin, longestNeed[build]) = (finish[need], need);
            }
            finish[build] = begin + (durationOf(_graph.NameAt(build)) ?? estimate).Ticks;
            if (finish[build] > finish[last]) last = build;
        }
        var path = new List<PackageName>();
        for (int build = last; build >= 0; build = longestNeed[build]) path.Add(_graph.NameAt(build));
        path.Reverse();
        return new CriticalPath([.. path], new TimeSpan(finish[last]));
    }
}
