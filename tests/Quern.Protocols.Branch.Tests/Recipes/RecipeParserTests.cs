using Quern.Protocols.Branch.Recipes;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Recipes;

public sealed class RecipeParserTests
{
    [Fact]
    public void A_full_recipe_has_no_problems_and_all_its_values()
    {
        var result = RecipeParser.Parse(Samples.Full);

        Assert.Empty(result.Problems);
        var build = result.Document.ToPackageBuild();
        Assert.Equal("libpng", build.Name);
        Assert.Equal("PNG library", build.Description);
        Assert.Equal(["zlib", "make"], build.BuildDependencies);
        Assert.Empty(build.CrossDependencies);
        Assert.Equal(2, build.ExtraSources.Length);
        Assert.Equal(["cd libpng-*", "  ./configure --prefix=/usr", "", "make"], build.BuildScript);
        Assert.Equal(["cd build && ./pngtest", "test -e \"$PKG_INSTALL_DIR/usr/lib/libpng.so\""], result.Document.Repeated(RecipeKeys.Tests));
    }

    [Fact]
    public void Branch_programs_get_ten_keys_without_comments_and_without_a_last_line_end()
    {
        string text = RecipePrinter.PrintForBranch(RecipeParser.Parse(Samples.Full).Document);

        Assert.Equal("""
            name=libpng
            version=1.6.39
            description=PNG library
            real_version=3
            source=https://example.org/libpng-1.6.39.tar.xz
            extra_sources=[https://example.org/a.patch][0195b1de-0000-7000-8000-000000000001]
            dependencies=[zlib]
            builddeps=[zlib][make]
            crossdeps=
            build={
            cd libpng-*
              ./configure --prefix=/usr

            make
            }
            """, text);
    }

    [Fact]
    public void Carriage_returns_at_line_ends_are_dropped()
    {
        var result = RecipeParser.Parse(Samples.Full.Replace("\n", "\r\n", StringComparison.Ordinal));

        Assert.Equal(Samples.Full, RecipePrinter.Print(result.Document));
        Assert.Empty(result.Problems);
    }

    [Fact]
    public void Build_blocks_append_and_the_last_value_of_a_key_counts()
    {
        var result = RecipeParser.Parse("name=a\nname=b\nversion=1\nreal_version=1\nbuild={\none\n}\nbuild={\ntwo\n}\n");

        Assert.Equal("b", result.Document.Text(RecipeKeys.Name));
        Assert.Equal(["one", "two"], result.Document.Script()!);
        Assert.Equal(
            ["2:1: warning: 'name' stands already on line 1; the last one counts.", "8:1: warning: a build block stands already on line 5; this one is appended to it."],
            result.Problems.Select(p => p.ToString()));
    }

    [Theory]
    [InlineData("[a][b][c]", "a|b|c")]
    [InlineData("", "")]
    [InlineData("[]", "")]
    [InlineData("[a][][b]", "a|b")]
    [InlineData("[b]x[c]", "b|xc")]
    [InlineData("[a]rest", "a")]
    [InlineData("[a[b]", "ab")]
    [InlineData("a", "")]
    [InlineData("a]", "a")]
    public void Lists_are_read_as_Branch_reads_them(string value, string items) =>
        Assert.Equal(items, string.Join('|', RecipeList.Read(value)));

    [Fact]
    public void A_file_over_a_limit_is_refused_before_it_is_read()
    {
        var limits = new RecipeLimits { MaxCharacters = 100, MaxLines = 5, MaxItems = 2 };

        Assert.Contains("at most 100", Assert.Single(RecipeParser.Parse(new string('x', 101), limits).Problems).Message, StringComparison.Ordinal);
        Assert.Contains("at most 5", Assert.Single(RecipeParser.Parse("\n\n\n\n\n\n", limits).Problems).Message, StringComparison.Ordinal);
        Assert.Contains(RecipeParser.Parse("dependencies=[a][b][c]", limits).Problems, p => p.Message.Contains("more than 2 items", StringComparison.Ordinal));
    }

    [Fact]
    public void Problems_beyond_the_bound_are_counted_and_an_error_among_them_still_counts()
    {
        var result = RecipeParser.Parse(string.Concat(Enumerable.Repeat("nonsense\n", 500)));

        Assert.Equal(101, result.Problems.Length);
        Assert.Equal("404 further problems are not listed.", result.Problems[^1].Message);
        Assert.True(result.HasErrors);
    }
}
