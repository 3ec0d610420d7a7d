using Quern.Protocols.Branch.Recipes;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Recipes;

public sealed class RecipeEditTests
{
    private static readonly RecipeDocument Document = RecipeParser.Parse("# top\nname=a\n# about the version\nversion=1\nreal_version=1\nbuild={\nmake\n}\n").Document;

    [Fact]
    public void A_changed_key_keeps_its_place_and_the_comments_theirs() =>
        Assert.Equal("# top\nname=a\n# about the version\nversion=2\nreal_version=1\nbuild={\nmake\n}\n", RecipePrinter.Print(Document.SetText(RecipeKeys.Version, "2")));

    [Fact]
    public void A_new_key_goes_where_a_new_file_has_it() =>
        Assert.Equal(
            "# top\nname=a\n# about the version\nversion=1\nreal_version=1\nbuilddeps=[x][y]\ntests=one\ntests=two\nbuild={\nmake\n}\n",
            RecipePrinter.Print(Document.SetRepeated(RecipeKeys.Tests, ["one", "two"]).SetList(RecipeKeys.BuildDependencies, ["x", "y"])));

    [Fact]
    public void Removing_a_key_and_replacing_the_script_leave_the_rest() =>
        Assert.Equal("# top\nname=a\n# about the version\nreal_version=1\nbuild={\nninja\n}\n", RecipePrinter.Print(Document.Remove(RecipeKeys.Version).SetScript(["ninja"])));

    [Fact]
    public void Values_that_would_break_the_file_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Document.SetText(RecipeKeys.Description, "a\nname=b"));
        Assert.Throws<ArgumentException>(() => Document.SetText("a=b", "c"));
        Assert.Throws<ArgumentException>(() => Document.SetList(RecipeKeys.Dependencies, ["a]"]));
        Assert.Throws<ArgumentException>(() => Document.SetScript(["}"]));
    }
}
