using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Quern.Model;
using Xunit;

namespace Quern.Graph.Tests;

/// <summary>The graph against slow models that follow the definition word by word.</summary>
public sealed class GraphPropertyTests
{
    [Fact]
    public void Dependers_equal_those_found_by_repeating_the_definition() => Check.QuickThrowOnFailure(Prop.ForAll<int>(seed =>
    {
        var nodes = RandomNodes(seed);
        var graph = PackageGraph.Build(nodes);
        var start = nodes[0].Name;

        var found = graph.Dependers(start);

        var model = ModelClosure(nodes, start, n => E(n));
        model.Remove(start);
        Assert.Equal(model.Order(), found.Release.Concat(found.Cross).Order());
        Assert.All(found.Release, n => Assert.Empty(nodes.Single(p => p.Name == n).CrossDependencies));
        Assert.All(found.Cross, n => Assert.NotEmpty(nodes.Single(p => p.Name == n).CrossDependencies));
    }));

    [Fact]
    public void Every_planned_build_comes_after_all_its_needs_and_as_early_as_it_can() => Check.QuickThrowOnFailure(Prop.ForAll<int>(seed =>
    {
        var nodes = RandomNodes(seed);
        var byName = nodes.ToDictionary(n => n.Name);

        var plan = PackageGraph.Build(nodes).PlanRebuild([nodes[0].Name]);

        var model = ModelClosure(nodes, nodes[0].Name, n => E(n));
        Assert.Equal(model.Order(), plan.Builds.Select(b => b.Package).Concat(plan.Unordered).Order());
        var layer = plan.Builds.ToDictionary(b => b.Package, b => b.Layer);
        foreach (var build in plan.Builds)
        {
            var needs = E(byName[build.Package]).Where(model.Contains).ToArray();
            Assert.All(needs, n => Assert.Contains(n, layer.Keys));
            Assert.Equal(needs.Length == 0 ? 0 : needs.Max(n => layer[n]) + 1, build.Layer);
        }
    }));

    [Fact]
    public void Exactly_the_packages_that_reach_a_cycle_have_no_order() => Check.QuickThrowOnFailure(Prop.ForAll<int>(seed =>
    {
        var nodes = RandomNodes(seed);

        var plan = PackageGraph.Build(nodes).PlanExactly(nodes.Select(n => n.Name));

        // The model: take away what needs nothing that is left, until nothing changes.
        var left = nodes.ToDictionary(n => n.Name);
        while (left.Values.FirstOrDefault(n => !E(n).Any(left.ContainsKey)) is { } free) left.Remove(free.Name);
        Assert.Equal(left.Keys.Order(), plan.Unordered);
        Assert.Equal(left.Count > 0, plan.Cycles.Length > 0);
        foreach (var cycle in plan.Cycles)
        {
            Assert.Equal(cycle[0], cycle[^1]);
            for (int i = 0; i + 1 < cycle.Length; i++) Assert.Contains(cycle[i + 1], E(nodes.Single(n => n.Name == cycle[i])));
        }
    }));

    private static ImmutableArray<PackageName> E(PackageNode node) =>
        node.CrossDependencies.IsEmpty ? node.BuildDependencies : node.CrossDependencies;

    private static HashSet<PackageName> ModelClosure(PackageNode[] nodes, PackageName start, Func<PackageNode, IEnumerable<PackageName>> needs)
    {
        var found = new HashSet<PackageName> { start };
        while (nodes.FirstOrDefault(n => !found.Contains(n.Name) && needs(n).Any(found.Contains)) is { } next) found.Add(next.Name);
        return found;
    }

    private static PackageNode[] RandomNodes(int seed)
    {
        var random = new Random(seed);
        int count = random.Next(1, 14);
        int degree = random.Next(0, 3);
        // Half of the graphs have no cycle: their packages need only earlier ones.
        bool acyclic = random.Next(2) == 0;
        PackageName[] Pick(int i, int most) =>
            [.. Enumerable.Range(0, random.Next(most + 1)).Where(_ => i > 0 || !acyclic).Select(_ => new PackageName($"p{random.Next(acyclic ? i : count + 1)}"))];
        return [.. Enumerable.Range(0, count).Select(i => new PackageNode(new PackageName($"p{i}"), [.. Pick(i, degree)], random.Next(4) == 0 ? [.. Pick(i, degree)] : [], [.. Pick(i, 2)]))];
    }
}
