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

    private static string Text(SolutionOrder.Build build) => $"{build.Package}:{string.Join(',', build.Needs)}";
}
