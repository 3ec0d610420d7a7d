using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.Planning;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class DependencyClosureTests
{
    private static ImmutableArray<PackageName> Names(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => new PackageName(n))];

    private static string Resolve(string direct, string packages, out ImmutableArray<PackageName> missing)
    {
        var known = packages.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split(':')).ToDictionary(
            p => new PackageName(p[0]), p => new PlannedPackage(new PackageName(p[0]), "1", default, Names(p[1])));
        return string.Join(' ', DependencyClosure.Resolve(Names(direct), known.GetValueOrDefault, out missing).Select(p => p.Name));
    }

    [Theory]
    [InlineData("", "", "")]
    [InlineData("readline", "readline:ncurses;ncurses:", "ncurses readline")]
    [InlineData("a b", "a:c;b:c;c:", "c a b")]
    [InlineData("a", "a:b;b:a", "b a")]
    [InlineData("a a", "a:a", "a")]
    public void What_is_needed_comes_before_what_needs_it(string direct, string packages, string expected)
    {
        Assert.Equal(expected, Resolve(direct, packages, out var missing));
        Assert.Empty(missing);
    }

    [Fact]
    public void A_package_that_is_not_there_is_named_once()
    {
        Resolve("a b", "a:x;b:x", out var missing);

        Assert.Equal(Names("x"), missing);
    }

    [Fact]
    public void A_chain_of_a_hundred_thousand_packages_does_no_harm()
    {
        const int length = 100_000;
        PlannedPackage Find(PackageName name)
        {
            int n = int.Parse(name.Value, System.Globalization.CultureInfo.InvariantCulture);
            return new PlannedPackage(name, "1", default, n == 0 ? [] : [new PackageName($"{n - 1}")]);
        }

        var found = DependencyClosure.Resolve([new PackageName($"{length}")], Find, out _);

        Assert.Equal(length + 1, found.Length);
        Assert.Equal("0", found[0].Name.Value);
    }

    [Theory]
    [InlineData("b", "c", BuildEnvironment.Release, "b")]
    [InlineData("b", "c", BuildEnvironment.Cross, "c")]
    [InlineData("b", "", BuildEnvironment.Cross, "b")]
    public void A_cross_build_takes_the_cross_dependencies_when_there_are_any(string build, string cross, BuildEnvironment environment, string expected)
    {
        var recipe = new Recipe
        {
            Name = new PackageName("a"),
            Version = "1",
            RealVersion = "1",
            BuildDependencies = Names(build),
            CrossDependencies = Names(cross),
        };

        Assert.Equal(Names(expected), DependencyClosure.Direct(recipe, environment));
    }
}
