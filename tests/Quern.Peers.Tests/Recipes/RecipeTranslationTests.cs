using System.Collections.Immutable;
using Quern.Model;
using Quern.Peers.Recipes;
using Quern.Protocols.Branch.Recipes;
using Xunit;

namespace Quern.Peers.Tests.Recipes;

public sealed class RecipeTranslationTests
{
    private static readonly Sha256Hash One = Sha256Hash.Of("one"u8);
    private static readonly Sha256Hash Two = Sha256Hash.Of("two"u8);

    private static Recipe Full => new()
    {
        Name = new PackageName("libpng"),
        Version = "1.6.39",
        RealVersion = "3",
        Source = "deb-src:libpng1.6",
        ExtraSources = ["https://example.org/a.patch", "0195b1de-0000-7000-8000-000000000001", "file:/srv/b.patch"],
        Description = "PNG library",
        Dependencies = [new PackageName("zlib")],
        BuildDependencies = [new PackageName("zlib"), new PackageName("make")],
        CrossDependencies = [new PackageName("crosstools")],
        BuildScript = ["./configure", "", "  make"],
        Sha256 = [One, null, Two],
        Architectures = ["x86_64", "aarch64"],
        Network = true,
        Tests = ["./pngtest", "a=b"],
    };

    [Fact]
    public void A_written_recipe_reads_as_the_same_recipe()
    {
        string text = RecipeTranslation.Write(Full);

        var reading = RecipeTranslation.Read(text);

        Assert.Empty(reading.Problems);
        AssertSame(Full, reading.Recipe!);
        Assert.Equal(text, RecipeTranslation.Write(reading.Recipe!));
    }

    [Fact]
    public void Hashes_belong_to_addresses_in_order()
    {
        var sources = RecipeSources.Of(Full);

        Assert.Equal(
            [new("deb-src:libpng1.6", One), new("https://example.org/a.patch", null), new("file:/srv/b.patch", Two)], sources);
    }

    [Fact]
    public void A_short_list_of_hashes_is_filled_up_with_none()
    {
        var reading = RecipeTranslation.Read($"name=a\nversion=1\nreal_version=1\nsource=https://e.org/a\nextra_sources=[https://e.org/b]\nsha256=[{One}]\nbuild={{\n}}");

        Assert.Equal([One, null], reading.Recipe!.Sha256);
    }

    [Fact]
    public void A_text_with_an_error_gives_no_recipe()
    {
        var reading = RecipeTranslation.Read("name=../etc\nversion=1\nreal_version=1\nbuild={\n}");

        Assert.Null(reading.Recipe);
        Assert.Equal((1, 6), (reading.Problems[0].Line, reading.Problems[0].Column));
    }

    [Fact]
    public void Branch_programs_see_none_of_the_keys_of_Quern()
    {
        string text = RecipeTranslation.WriteForBranch(Full);

        Assert.DoesNotContain("sha256", text, StringComparison.Ordinal);
        Assert.EndsWith("\n  make\n}", text, StringComparison.Ordinal);
        var back = RecipeTranslation.Read(RecipeTranslation.ToPackageBuild(Full)).Recipe!;
        AssertSame(Full with { Sha256 = [], Architectures = [], Network = false, Tests = [] }, back);
    }

    [Fact]
    public void A_record_that_cannot_stand_in_a_file_is_an_error_not_an_exception()
    {
        var reading = RecipeTranslation.Read(new BranchPackageBuild { Name = "a", Version = "1", RealVersion = "1", BuildScript = ["}", "x"] });

        Assert.Null(reading.Recipe);
        Assert.Equal(RecipeSeverity.Error, Assert.Single(reading.Problems).Severity);
    }

    [Fact]
    public void A_submission_without_the_keys_of_Quern_inherits_them()
    {
        var submitted = RecipeTranslation.Read(RecipeTranslation.ToPackageBuild(Full with { Version = "1.6.40" })).Recipe!;

        var (recipe, notes) = RecipeInheritance.Inherit(submitted, Full);

        AssertSame(Full with { Version = "1.6.40" }, recipe);
        Assert.Contains("network=yes taken from the previous revision", notes);
        Assert.Contains("sha256 of deb-src:libpng1.6 taken from the previous revision", notes);
    }

    [Fact]
    public void The_hash_of_a_changed_address_is_not_inherited()
    {
        var submitted = Full with { Source = "https://example.org/new.tar.gz", Sha256 = [] };

        var (recipe, notes) = RecipeInheritance.Inherit(submitted, Full);

        Assert.Equal([null, null, Two], recipe.Sha256);
        Assert.Contains(notes, n => n.StartsWith("no sha256 for https://example.org/new.tar.gz", StringComparison.Ordinal));
        Assert.Contains(notes, n => n.StartsWith("sha256 of deb-src:libpng1.6 given up", StringComparison.Ordinal));
    }

    [Fact]
    public void A_first_revision_inherits_nothing()
    {
        var (recipe, notes) = RecipeInheritance.Inherit(Full, null);

        Assert.Same(Full.Source, recipe.Source);
        Assert.Empty(notes);
    }

    private static void AssertSame(Recipe expected, Recipe actual)
    {
        Assert.Equal(RecipeTranslation.ToPackageBuild(expected), RecipeTranslation.ToPackageBuild(actual));
        Assert.Equal(expected.Sha256.AsEnumerable(), actual.Sha256.AsEnumerable());
        Assert.Equal(expected.Architectures.AsEnumerable(), actual.Architectures.AsEnumerable());
        Assert.Equal(expected.Tests.AsEnumerable(), actual.Tests.AsEnumerable());
        Assert.Equal(expected.Network, actual.Network);
    }
}
