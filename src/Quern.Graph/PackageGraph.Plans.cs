using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Graph;

/// <content>Rebuild plans.</content>
public sealed partial class PackageGraph
{
    /// <summary>The named packages and everything that needs them, in the order in which they must be built.</summary>
    public RebuildPlan PlanRebuild(IEnumerable<PackageName> names, BuildEnvironment? environment = null) =>
        Plan(names, environment, withDependers: true);

    /// <summary>The named packages alone, in the order in which they must be built.</summary>
    public RebuildPlan PlanExactly(IEnumerable<PackageName> names, BuildEnvironment? environment = null) =>
        Plan(names, environment, withDependers: false);

    private RebuildPlan Plan(IEnumerable<PackageName> names, BuildEnvironment? environment, bool withDependers)
    {
        var requested = names.Distinct().ToArray();
        var known = requested.Where(Contains).Select(n => _indexOf[n]).ToArray();
        var edges = EdgesOf(environment);
        var members = withDependers ? Walk(known, edges.Dependers) : [.. known];
        var planned = new bool[Count];
        foreach (int i in members) planned[i] = true;

        var components = Components.Find(edges.Needs, planned);
        var layer = LayersOf(edges.Needs, planned, components, out var cyclic);
        var builds = members.Where(i => layer[i] >= 0).ToArray();
        // By layer, then by name: an index orders like its name.
        Array.Sort(builds, (a, b) => layer[a] != layer[b] ? layer[a].CompareTo(layer[b]) : a.CompareTo(b));

        var unknown = environment == BuildEnvironment.Release ? UnknownReleaseDependencies : UnknownDependencies;
        return new RebuildPlan(this, edges.Needs, builds, layer, i => ClassOf(i, environment))
        {
            Cycles = [.. cyclic.Select(c => CyclePath(edges.Needs, components, c))],
            Unordered = [.. members.Where(i => layer[i] < 0).Order().Select(i => _names[i])],
            UnknownPackages = [.. requested.Where(n => !Contains(n))],
            UnknownDependencies = [.. unknown.Where(u => planned[_indexOf[u.Package]])],
        };
    }

    /// <summary>
    /// The layer of each planned node: one more than the highest of what it needs; -1 for nodes left out, for members of a
    /// cycle and for all that need one.
    /// </summary>
    /// <param name="cyclic">The smallest member of each cycle.</param>
    private int[] LayersOf(Adjacency needs, bool[] planned, Components components, out List<int> cyclic)
    {
        cyclic = [];
        var layer = new int[Count];
        Array.Fill(layer, -1);
        var nodes = Enumerable.Range(0, Count).Where(i => planned[i]).ToArray();
        var size = new int[components.Count];
        foreach (int i in nodes) size[components.Of[i]]++;
        // A component's number is greater than those of all it needs, so one pass in that order sees every need first.
        var order = nodes.ToArray();
        Array.Sort(Array.ConvertAll(order, i => components.Of[i]), order);
        foreach (int node in order)
        {
            int highest = 0;
            bool stuck = size[components.Of[node]] > 1;
            foreach (int need in needs[node])
            {
                if (!planned[need]) continue;
                if (need == node || layer[need] < 0) stuck = true;
                else highest = Math.Max(highest, layer[need] + 1);
            }
            layer[node] = stuck ? -1 : highest;
        }
        var reported = new bool[components.Count];
        foreach (int node in nodes)
        {
            int c = components.Of[node];
            if (reported[c] || (size[c] == 1 && needs[node].BinarySearch(node) < 0)) continue;
            reported[c] = true;
            cyclic.Add(node);
        }
        return layer;
    }

    /// <summary>A shortest way from a node of a cycle back to itself: each needs the next, the last is the first again.</summary>
    private ImmutableArray<PackageName> CyclePath(Adjacency needs, Components components, int start)
    {
        var cameFrom = new Dictionary<int, int>();
        var queue = new Queue<int>([start]);
        while (queue.TryDequeue(out int node))
        {
            foreach (int need in needs[node])
            {
                if (components.Of[need] != components.Of[start] || !cameFrom.TryAdd(need, node)) continue;
                if (need != start)
                {
                    queue.Enqueue(need);
                    continue;
                }
                var path = new List<PackageName> { _names[start] };
                for (int step = node; step != start; step = cameFrom[step]) path.Add(_names[step]);
                path.Add(_names[start]);
                path.Reverse();
                return [.. path];
            }
        }
        throw new System.Diagnostics.UnreachableException("every member of a cyclic component reaches itself");
    }

    internal PackageName NameAt(int index) => _names[index];

    internal int IndexOf(PackageName name) => _indexOf.GetValueOrDefault(name, -1);
}
