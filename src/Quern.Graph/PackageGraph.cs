using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Graph;

/// <summary>
/// Who needs whom to be built. Let E(P) be the cross dependencies of P when it has any, else its build dependencies; then P is
/// a direct depender of every name in E(P), and its class is cross or release accordingly (Branch protocol, "Dependers").
/// Run-time dependencies never count for building. Immutable, so one graph may serve many callers at once.
/// </summary>
/// <remarks>
/// Where a method takes an environment: null means E and each package's own class; release means build dependencies alone,
/// every build a release build; cross means E, every build a cross build (a package without cross dependencies falls back to
/// its build dependencies).
/// </remarks>
public sealed partial class PackageGraph
{
    private readonly PackageName[] _names;                    // by name, so an index orders like its name
    private readonly Dictionary<PackageName, int> _indexOf;
    private readonly bool[] _isCross;
    private readonly Edges _own;                              // over E
    private readonly Edges _release;                          // over build dependencies
    private readonly Adjacency _runTime;

    private PackageGraph(PackageNode[] nodes)
    {
        _names = Array.ConvertAll(nodes, n => n.Name);
        _indexOf = new Dictionary<PackageName, int>(nodes.Length);
        for (int i = 0; i < nodes.Length; i++)
            if (!_indexOf.TryAdd(nodes[i].Name, i)) throw new ArgumentException($"The package '{nodes[i].Name}' stands there twice.", nameof(nodes));
        _isCross = Array.ConvertAll(nodes, n => n.CrossDependencies.Length > 0);
        _own = new Edges(ReadEdges(nodes, n => n.CrossDependencies.Length > 0 ? n.CrossDependencies : n.BuildDependencies, out var unknown));
        UnknownDependencies = unknown;
        _release = _isCross.Contains(true) ? new Edges(ReadEdges(nodes, n => n.BuildDependencies, out unknown)) : _own;
        UnknownReleaseDependencies = unknown;
        _runTime = ReadEdges(nodes, n => n.Dependencies, out _);
    }

    public int Count => _names.Length;

    /// <summary>Names in some E(P) that have no recipe, by package.</summary>
    public ImmutableArray<UnknownDependency> UnknownDependencies { get; }

    private ImmutableArray<UnknownDependency> UnknownReleaseDependencies { get; }

    /// <exception cref="ArgumentException">Two nodes have the same name.</exception>
    public static PackageGraph Build(IEnumerable<PackageNode> nodes)
    {
        var sorted = nodes.ToArray();
        Array.Sort(sorted, (a, b) => a.Name.CompareTo(b.Name));
        return new PackageGraph(sorted);
    }

    public bool Contains(PackageName name) => _indexOf.ContainsKey(name);

    /// <summary>The package's own class; release for a package that is not in the graph.</summary>
    public BuildEnvironment ClassOf(PackageName name) => _indexOf.TryGetValue(name, out int i) ? ClassOf(i, null) : BuildEnvironment.Release;

    /// <summary>What the package's build needs directly and has a recipe, by name. Empty for a package that is not in the graph.</summary>
    public ImmutableArray<PackageName> NeedsOf(PackageName name, BuildEnvironment? environment = null)
    {
        if (!_indexOf.TryGetValue(name, out int node)) return [];
        var needs = EdgesOf(environment).Needs[node];
        var names = ImmutableArray.CreateBuilder<PackageName>(needs.Length);
        foreach (int need in needs) names.Add(_names[need]);
        return names.MoveToImmutable();
    }

    /// <summary>Everything that needs the package, directly or through others. Empty for a package without recipe that nobody names.</summary>
    public DependerSet Dependers(PackageName name, BuildEnvironment? environment = null)
    {
        if (!_indexOf.TryGetValue(name, out int start)) return DependersOfUnknown(name, environment);
        return Split(Walk([start], EdgesOf(environment).Dependers).Skip(1), environment);
    }

    /// <summary>
    /// The packages that stand in the root when the given ones are installed: themselves and what they need to run, directly
    /// or through others, nearest first. Names without recipe are left out.
    /// </summary>
    public ImmutableArray<PackageName> InstallClosure(IEnumerable<PackageName> names)
    {
        var start = names.Where(Contains).Select(n => _indexOf[n]).Distinct().ToArray();
        return [.. Walk(start, _runTime).Select(i => _names[i])];
    }

    /// <summary>A name without recipe may still be needed by recipes; they are found by the list of unknown names.</summary>
    private DependerSet DependersOfUnknown(PackageName name, BuildEnvironment? environment)
    {
        var unknown = environment == BuildEnvironment.Release ? UnknownReleaseDependencies : UnknownDependencies;
        var direct = unknown.Where(u => u.Missing == name).Select(u => _indexOf[u.Package]).Distinct().ToArray();
        return direct.Length == 0 ? DependerSet.Empty : Split(Walk(direct, EdgesOf(environment).Dependers), environment);
    }

    private DependerSet Split(IEnumerable<int> found, BuildEnvironment? environment)
    {
        var release = ImmutableArray.CreateBuilder<PackageName>();
        var cross = ImmutableArray.CreateBuilder<PackageName>();
        foreach (int i in found) (ClassOf(i, environment) == BuildEnvironment.Cross ? cross : release).Add(_names[i]);
        return new DependerSet(release.ToImmutable(), cross.ToImmutable());
    }

    /// <summary>Breadth first from the given nodes, which come first; rows are ascending, so the order is the same every time.</summary>
    private List<int> Walk(ReadOnlySpan<int> start, Adjacency edges)
    {
        var seen = new bool[Count];
        var queue = new List<int>();
        foreach (int node in start)
        {
            seen[node] = true;
            queue.Add(node);
        }
        for (int head = 0; head < queue.Count; head++)
        {
            foreach (int target in edges[queue[head]])
            {
                if (seen[target]) continue;
                seen[target] = true;
                queue.Add(target);
            }
        }
        return queue;
    }

    private BuildEnvironment ClassOf(int node, BuildEnvironment? environment) =>
        environment ?? (_isCross[node] ? BuildEnvironment.Cross : BuildEnvironment.Release);

    private Edges EdgesOf(BuildEnvironment? environment) => environment == BuildEnvironment.Release ? _release : _own;

    private Adjacency ReadEdges(PackageNode[] nodes, Func<PackageNode, ImmutableArray<PackageName>> needs, out ImmutableArray<UnknownDependency> unknown)
    {
        var missing = new List<UnknownDependency>();
        var row = new List<int>();
        var edges = Adjacency.FromRows(nodes.Length, i =>
        {
            row.Clear();
            foreach (var name in needs(nodes[i]))
            {
                if (_indexOf.TryGetValue(name, out int target)) row.Add(target);
                else missing.Add(new UnknownDependency(nodes[i].Name, name));
            }
            return row;
        });
        unknown = [.. missing];
        return edges;
    }

    /// <summary>Both directions of one set of edges.</summary>
    private sealed class Edges(Adjacency needs)
    {
        /// <summary>From a package to what it needs.</summary>
        public Adjacency Needs { get; } = needs;

        /// <summary>From a package to those that need it.</summary>
        public Adjacency Dependers { get; } = needs.Reverse();
    }
}
