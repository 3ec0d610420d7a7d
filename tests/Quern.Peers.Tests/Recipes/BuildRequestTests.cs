using System.Collections.Immutable;
using Quern.Model;
using Quern.Peers.Recipes;
using Xunit;

namespace Quern.Peers.Tests;

public sealed class BuildRequestTests
{
    private static readonly JobId Running = JobId.Create(DateTimeOffset.UnixEpoch);

    [Fact]
    public void Unbuilt_dependencies_are_built_first_and_built_ones_are_left_alone()
    {
        var go = Go(Decide(["app"], Facts([("app", "lib tool", ""), ("lib", "", ""), ("tool", "base", ""), ("base", "", "")], built: ["lib"])));

        Assert.Equal(["app", "tool", "base"], go.Select(b => b.Package.Value));
        Assert.Equal([1], go[0].NeedsBuilds);
        Assert.Equal([2], go[1].NeedsBuilds);
        Assert.Equal([true, false, false], go.Select(b => b.Asked));
    }

    [Fact]
    public void What_is_on_its_way_is_waited_for_and_not_built_twice()
    {
        var go = Go(Decide(["app"], Facts([("app", "lib", ""), ("lib", "", "")], pending: ["lib"])));

        var only = Assert.Single(go);
        Assert.Equal([Running], only.NeedsJobs);
    }

    [Fact]
    public void What_a_dependency_needs_to_run_is_needed_too()
    {
        var go = Go(Decide(["app"], Facts([("app", "png", ""), ("png", "", "zlib"), ("zlib", "", "")], built: ["png"])));

        Assert.Equal(["app", "zlib"], go.Select(b => b.Package.Value));
        Assert.Equal([1], go[0].NeedsBuilds);
    }

    [Theory]
    [InlineData("nothing", "There is no recipe 'nothing'.")]
    [InlineData("lost", "'lost' needs 'nowhere', which has no recipe.")]
    [InlineData("egg", "egg needs hen needs egg")]
    public void What_cannot_be_is_refused_with_the_names(string wanted, string says)
    {
        var facts = Facts([("lost", "nowhere", ""), ("egg", "hen", ""), ("hen", "egg", "")]);

        Assert.Contains(says, Assert.IsType<BuildDecision.Refused>(Decide([wanted], facts)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_its_dependencies_a_build_that_lacks_one_is_refused()
    {
        var facts = Facts([("app", "lib", ""), ("lib", "", "")]);

        var refused = BuildRequest.Decide([new PackageName("app")], BuildEnvironment.Release, facts, withDependencies: false);

        Assert.Contains("'lib', which has not been built", Assert.IsType<BuildDecision.Refused>(refused).Reason, StringComparison.Ordinal);
    }

    private static BuildDecision Decide(string[] wanted, BuildFacts facts) =>
        BuildRequest.Decide([.. wanted.Select(w => new PackageName(w))], BuildEnvironment.Release, facts);

    private static ImmutableArray<WantedBuild> Go(BuildDecision decision) => Assert.IsType<BuildDecision.Go>(decision).Builds;

    private static BuildFacts Facts((string Name, string BuildNeeds, string RunNeeds)[] recipes, string[]? built = null, string[]? pending = null) => new()
    {
        Recipes = recipes.ToDictionary(r => new PackageName(r.Name), r => new Recipe
        {
            Name = new PackageName(r.Name),
            Version = "1",
            RealVersion = "1",
            BuildDependencies = Names(r.BuildNeeds),
            Dependencies = Names(r.RunNeeds),
        }),
        Built = (built ?? []).Select(b => new PackageName(b)).ToHashSet(),
        Pending = (pending ?? []).ToDictionary(p => new PackageName(p), _ => Running),
    };

    private static ImmutableArray<PackageName> Names(string words) =>
        [.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => new PackageName(w))];
}
