using Quern.Model;
using Xunit;

namespace Quern.Graph.Tests;

public sealed class RebuildPlanTests
{
    [Theory]
    [InlineData("A", "A", "A")]
    [InlineData("A; B: A; C: B", "A", "A | B | C")]
    [InlineData("top: left right; left: base; right: base; base", "base", "base | left right | top")]
    [InlineData("long: base mid; mid: base; base; user: long mid base", "base", "base | mid | long | user")]
    [InlineData("A; B: A; C: A B; other", "B", "B | C")]
    [InlineData("A; B", "B A", "A B")]
    [InlineData("a; b: a; c: a; d: b c; e: b c; f: d e; g: f a", "a", "a | b c | d e | f | g")]
    [InlineData("a; b: a; x: / b; c: x; d: b c", "a", "a | b | x | c | d")]
    public void Packages_come_after_all_that_they_need(string graph, string names, string layers)
    {
        var plan = GraphText.Graph(graph).PlanRebuild(GraphText.Names(names));

        Assert.Equal(layers, GraphText.Layers(plan));
        Assert.Empty(plan.Cycles);
        Assert.Empty(plan.Unordered);
    }

    [Fact]
    public void An_exact_plan_leaves_dependers_out()
    {
        var graph = GraphText.Graph("A; B: A; C: B; D: C");

        Assert.Equal("A | B", GraphText.Layers(graph.PlanExactly(GraphText.Names("B A"))));
    }

    [Fact]
    public void Builds_carry_the_class_of_their_package_or_the_environment_asked_for()
    {
        var graph = GraphText.Graph("L; B: L; X: / L");

        var own = graph.PlanRebuild(GraphText.Names("L"));
        var cross = graph.PlanRebuild(GraphText.Names("L"), BuildEnvironment.Cross);
        var release = graph.PlanRebuild(GraphText.Names("L"), BuildEnvironment.Release);

        Assert.Equal([BuildEnvironment.Release, BuildEnvironment.Release, BuildEnvironment.Cross], own.Builds.Select(b => b.Environment));
        Assert.Equal("L | B X", GraphText.Layers(cross));
        Assert.All(cross.Builds, b => Assert.Equal(BuildEnvironment.Cross, b.Environment));
        Assert.Equal("L | B", GraphText.Layers(release));
    }

    [Fact]
    public void A_cycle_is_named_by_its_path_and_blocks_only_what_needs_it()
    {
        var graph = GraphText.Graph("base; a: base c; b: a; c: b; user: c; free: base");

        var plan = graph.PlanRebuild(GraphText.Names("base"));

        Assert.Equal("a c b a", GraphText.Join(Assert.Single(plan.Cycles)));
        Assert.Equal("base | free", GraphText.Layers(plan));
        Assert.Equal("a b c user", GraphText.Join(plan.Unordered));
    }

    [Fact]
    public void Two_cycles_are_named_each_and_a_diamond_beside_them_keeps_its_order()
    {
        var graph = GraphText.Graph("base; p: base q; q: p; r: base s; s: r; left: base; right: base; top: left right; both: q s");

        var plan = graph.PlanRebuild(GraphText.Names("base"));

        Assert.Equal(["p q p", "r s r"], plan.Cycles.Select(c => GraphText.Join(c)));
        Assert.Equal("base | left right | top", GraphText.Layers(plan));
        Assert.Equal("both p q r s", GraphText.Join(plan.Unordered));
    }

    [Fact]
    public void A_package_that_needs_itself_is_a_cycle_of_one()
    {
        var plan = GraphText.Graph("a: a; b: a").PlanRebuild(GraphText.Names("a"));

        Assert.Equal("a a", GraphText.Join(Assert.Single(plan.Cycles)));
        Assert.Equal("a b", GraphText.Join(plan.Unordered));
    }

    [Fact]
    public void Unknown_names_and_needs_are_reported()
    {
        var plan = GraphText.Graph("a: gone; b: a").PlanRebuild(GraphText.Names("a nobody"));

        Assert.Equal("nobody", GraphText.Join(plan.UnknownPackages));
        Assert.Equal(new UnknownDependency(new PackageName("a"), new PackageName("gone")), Assert.Single(plan.UnknownDependencies));
        Assert.Equal("a | b", GraphText.Layers(plan));
    }

    [Fact]
    public void A_build_waits_for_its_direct_needs_in_the_plan()
    {
        var plan = GraphText.Graph("base; old; lib: base old; app: lib base").PlanRebuild(GraphText.Names("base"));

        Assert.Equal("base lib", GraphText.Join(plan.NeedsOf(new PackageName("app"))));
        Assert.Equal("base", GraphText.Join(plan.NeedsOf(new PackageName("lib"))));
    }

    [Fact]
    public void The_critical_path_is_the_longest_chain_in_time_not_in_packages()
    {
        var plan = GraphText.Graph("base; quick1: base; quick2: quick1; slow: base; top: quick2 slow").PlanRebuild(GraphText.Names("base"));

        var path = plan.FindCriticalPath(n => n.Value == "slow" ? TimeSpan.FromMinutes(10) : null, TimeSpan.FromMinutes(1));

        Assert.Equal("base slow top", GraphText.Join(path.Packages));
        Assert.Equal(TimeSpan.FromMinutes(12), path.Total);
    }

    [Fact]
    public void A_chain_of_a_hundred_thousand_packages_does_not_overflow_the_stack()
    {
        const int Length = 100_000;
        var nodes = Enumerable.Range(0, Length)
            .Select(i => new PackageNode(new PackageName($"p{i}"), i == 0 ? [] : [new PackageName($"p{i - 1}")], [], []));

        var plan = PackageGraph.Build(nodes).PlanRebuild(GraphText.Names("p0"));

        Assert.Equal(Length, plan.LayerCount);
        Assert.Equal(Length, plan.FindCriticalPath(_ => null, TimeSpan.FromSeconds(1)).Packages.Length);
    }
}
