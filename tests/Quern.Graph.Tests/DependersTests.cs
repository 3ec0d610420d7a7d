using Quern.Model;
using Xunit;

namespace Quern.Graph.Tests;

public sealed class DependersTests
{
    // The example of the protocol description: B and C chain through builddeps, X lists L in crossdeps, Y lists X.
    private readonly PackageGraph _example = GraphText.Graph("L; B: L; C: B; X: / L; Y: / X");

    [Fact]
    public void Dependers_of_the_library_are_split_by_class()
    {
        var found = _example.Dependers(new PackageName("L"));

        Assert.Equal("B C", GraphText.Join(found.Release));
        Assert.Equal("X Y", GraphText.Join(found.Cross));
    }

    [Fact]
    public void Dependers_of_a_cross_package_are_its_cross_dependers()
    {
        var found = _example.Dependers(new PackageName("X"));

        Assert.Empty(found.Release);
        Assert.Equal("Y", GraphText.Join(found.Cross));
    }

    [Fact]
    public void A_mixed_chain_loses_no_member()
    {
        var graph = GraphText.Graph("L; B: L; X: / B; C: X");

        var found = graph.Dependers(new PackageName("L"));

        Assert.Equal("B C", GraphText.Join(found.Release));
        Assert.Equal("X", GraphText.Join(found.Cross));
    }

    [Fact]
    public void Build_dependencies_do_not_count_beside_cross_dependencies()
    {
        var graph = GraphText.Graph("L; M; X: L / M");

        Assert.Equal(0, graph.Dependers(new PackageName("L")).Count);
        Assert.Equal("X", GraphText.Join(graph.Dependers(new PackageName("M")).Cross));
        Assert.Equal("X", GraphText.Join(graph.Dependers(new PackageName("L"), BuildEnvironment.Release).Release));
    }

    [Fact]
    public void Run_time_dependencies_never_count()
    {
        var graph = GraphText.Graph("L; R: / / L");

        Assert.Equal(0, graph.Dependers(new PackageName("L")).Count);
    }

    [Fact]
    public void Diamonds_on_diamonds_name_each_depender_once_and_the_nearest_first()
    {
        var graph = GraphText.Graph("a; c: a; b: a; e: b c; d: b c; x: / d e; z: x; f: d e z");

        var found = graph.Dependers(new PackageName("a"));

        Assert.Equal("b c d e f z", GraphText.Join(found.Release));
        Assert.Equal("x", GraphText.Join(found.Cross));
    }

    [Fact]
    public void Two_cycles_that_share_a_package_give_every_other_member_of_both()
    {
        var graph = GraphText.Graph("hub: left right; left: hub; right: / hub; user: left; other");

        var found = graph.Dependers(new PackageName("hub"));

        Assert.Equal("left user", GraphText.Join(found.Release));
        Assert.Equal("right", GraphText.Join(found.Cross));
    }

    [Fact]
    public void Direct_needs_are_those_of_the_environment_and_have_recipes()
    {
        var graph = GraphText.Graph("A; B; X: A gone / B; Y: B A");

        Assert.Equal("B", GraphText.Join(graph.NeedsOf(new PackageName("X"))));
        Assert.Equal("A", GraphText.Join(graph.NeedsOf(new PackageName("X"), BuildEnvironment.Release)));
        Assert.Equal("A B", GraphText.Join(graph.NeedsOf(new PackageName("Y"), BuildEnvironment.Cross)));
        Assert.Empty(graph.NeedsOf(new PackageName("gone")));
    }

    [Fact]
    public void A_package_on_a_cycle_is_not_its_own_depender()
    {
        var graph = GraphText.Graph("A: B; B: A");

        Assert.Equal("B", GraphText.Join(graph.Dependers(new PackageName("A")).Release));
    }

    [Fact]
    public void A_name_without_recipe_still_has_dependers()
    {
        var graph = GraphText.Graph("A: gone gone; B: A");

        Assert.Equal("A B", GraphText.Join(graph.Dependers(new PackageName("gone")).Release));
        Assert.Equal(0, graph.Dependers(new PackageName("never")).Count);
    }

    [Fact]
    public void What_is_installed_follows_the_run_time_dependencies()
    {
        var graph = GraphText.Graph("app: lib; lib: / / base locale; base; locale: / / base; other");

        Assert.Equal("lib base locale", GraphText.Join(graph.InstallClosure(GraphText.Names("lib unknown"))));
    }

    [Fact]
    public void Two_recipes_of_one_name_are_refused() =>
        Assert.Throws<ArgumentException>(() => GraphText.Graph("A; A"));
}
