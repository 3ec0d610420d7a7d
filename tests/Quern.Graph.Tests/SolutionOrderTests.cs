using System.Collections.Immutable;
using Quern.Model;
using Xunit;

namespace Quern.Graph.Tests;

public sealed class SolutionOrderTests
{
    [Fact]
    public void Each_build_waits_for_every_build_of_the_step_before()
    {
        var builds = SolutionOrder.Of([GraphText.Names("a b"), GraphText.Names("c"), GraphText.Names("d e")]);

        Assert.Equal(["a:", "b:", "c:0,1", "d:2", "e:2"], builds.Select(Text));
    }

    [Fact]
    public void An_empty_step_neither_drops_the_barrier_nor_counts()
    {
        var builds = SolutionOrder.Of([[], GraphText.Names("a"), [], [], GraphText.Names("b")]);

        Assert.Equal(["a:", "b:0"], builds.Select(Text));
        Assert.Equal([0, 1], builds.Select(b => b.Step));
    }

    [Fact]
    public void A_name_that_stands_twice_is_built_twice()
    {
        var builds = SolutionOrder.Of([GraphText.Names("a"), GraphText.Names("a")]);

        Assert.Equal(["a:", "a:0"], builds.Select(Text));
    }

    [Fact]
    public void A_diamond_in_its_steps_has_every_need_behind_the_whole_step_before()
    {
        var graph = GraphText.Graph("base; left: base; right: base; top: left right");

        var builds = SolutionOrder.Of([GraphText.Names("base"), GraphText.Names("left right"), GraphText.Names("top")]);

        Assert.Equal(["base:", "left:0", "right:0", "top:1,2"], builds.Select(Text));
        Assert.Empty(SolutionOrder.Doubts(builds, graph, BuildEnvironment.Release));
    }

    [Fact]
    public void What_the_batch_builds_too_early_is_named_with_both_steps()
    {
        var graph = GraphText.Graph("base; left: base; right: base; top: left right; alone: nowhere");

        var builds = SolutionOrder.Of([GraphText.Names("left base"), GraphText.Names("top alone"), GraphText.Names("right")]);

        Assert.Equal(["left of 0 needs base of 0", "top of 1 needs right of 2"], Doubts(builds, graph));
    }

    [Fact]
    public void A_circle_cannot_be_ordered_and_one_of_its_builds_is_always_too_early()
    {
        var graph = GraphText.Graph("egg: hen; hen: egg; self: self");

        Assert.Equal(["egg of 0 needs hen of 1"], Doubts(SolutionOrder.Of([GraphText.Names("egg self"), GraphText.Names("hen")]), graph));
        Assert.Equal(["egg of 0 needs hen of 0", "hen of 0 needs egg of 0"], Doubts(SolutionOrder.Of([GraphText.Names("egg hen")]), graph));
        // Built twice, the second time against the other: that is how a circle is broken.
        Assert.Equal(["egg of 0 needs hen of 1"], Doubts(SolutionOrder.Of([GraphText.Names("egg"), GraphText.Names("hen"), GraphText.Names("egg")]), graph));
    }

    [Fact]
    public void A_cross_batch_is_looked_at_through_cross_dependencies_and_falls_back_to_the_others()
    {
        var graph = GraphText.Graph("A; B; X: A / B; Y: A");
        var builds = SolutionOrder.Of([GraphText.Names("X Y"), GraphText.Names("A B")]);

        Assert.Equal(["X of 0 needs A of 1", "Y of 0 needs A of 1"], Doubts(builds, graph));
        Assert.Equal(["X of 0 needs B of 1", "Y of 0 needs A of 1"], Doubts(builds, graph, BuildEnvironment.Cross));
    }

    private static IEnumerable<string> Doubts(ImmutableArray<SolutionOrder.Build> builds, PackageGraph graph, BuildEnvironment environment = BuildEnvironment.Release) =>
        SolutionOrder.Doubts(builds, graph, environment).Select(d => $"{d.Package} of {d.Step} needs {d.Need} of {d.NeedStep}");

    private static string Text(SolutionOrder.Build build) => $"{build.Package}:{string.Join(',', build.Needs)}";
}
