using Quern.Packaging.Sources;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class SampleRecipesTests
{
    [Fact]
    public void The_demo_has_at_least_ten_recipes_with_real_sources()
    {
        var recipes = SampleRecipes.Names.Select(SampleRecipes.Read).ToList();

        Assert.True(recipes.Count >= 10);
        Assert.All(recipes, r => Assert.True(SourceAddress.TryParse(r.Source, out var address, out _) && address is SourceAddress.Debian));
        Assert.All(recipes, r => Assert.NotEmpty(r.BuildScript));
    }

    [Fact]
    public void Each_recipe_lies_in_a_folder_of_its_name_and_needs_only_recipes_that_are_there()
    {
        var names = SampleRecipes.Names.ToHashSet();

        Assert.All(names, name => Assert.Equal(name, SampleRecipes.Read(name).Name.Value));
        Assert.All(names.Select(SampleRecipes.Read), r => Assert.All(r.Dependencies.Concat(r.BuildDependencies), d => Assert.Contains(d.Value, names)));
    }
}
