using Quern.Model;
using Xunit;

namespace Quern.Graph.Tests;

public sealed class LargeGraphTests(ITestOutputHelper output)
{
    [Fact]
    public void A_plan_over_forty_thousand_packages_holds_each_once_and_in_order()
    {
        const int Packages = 40_000;
        const int EdgesEach = 10;
        var random = new Random(20231);
        // A package needs only earlier ones, and the one just before, so everything hangs on the first.
        var nodes = new PackageNode[Packages];
        for (int i = 0; i < Packages; i++)
        {
            var needs = new HashSet<int>();
            if (i > 0) needs.Add(Math.Max(0, i - 1 - random.Next(200)));
            while (needs.Count < Math.Min(i, EdgesEach)) needs.Add(random.Next(i));
            nodes[i] = new PackageNode(Name(i), [.. needs.Select(Name)], [], []);
        }

        long begin = TimeProvider.System.GetTimestamp();
        var graph = PackageGraph.Build(nodes);
        var built = TimeProvider.System.GetElapsedTime(begin);
        var plan = graph.PlanRebuild([Name(0)]);
        var planned = TimeProvider.System.GetElapsedTime(begin) - built;
        output.WriteLine($"graph built in {built.TotalMilliseconds:0} ms, plan in {planned.TotalMilliseconds:0} ms, {plan.LayerCount} layers");

        Assert.Equal(Packages, plan.Builds.Length);
        var layer = plan.Builds.ToDictionary(b => b.Package, b => b.Layer);
        Assert.All(nodes, n => Assert.All(n.BuildDependencies, need => Assert.True(layer[need] < layer[n.Name])));
    }

    private static PackageName Name(int i) => new($"package-{i}");
}
