using Quern.Protocols.Branch.Recipes;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Recipes;

public sealed class RecipeCheckerTests
{
    private const string Hash = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    /// <summary>The line is put at line 4 of an otherwise good recipe named <c>a</c>.</summary>
    [Theory]
    [InlineData("builddep=[x]", "4:1: warning: unknown key 'builddep' is ignored; did you mean 'builddeps'?")]
    [InlineData("Source=x", "4:1: warning: unknown key 'Source' is ignored; did you mean 'source'?")]
    [InlineData("homepage=x", "4:1: warning: unknown key 'homepage' is ignored.")]
    [InlineData("some words", "4:1: warning: 'some words' has no '=' and is ignored; write key=value, or start a comment with '#'.")]
    [InlineData("}", "4:1: error: '}' outside of a build block; indent a '}' that belongs to the script.")]
    [InlineData("source=ftp://x/y", "4:8: error: source: 'ftp://x/y' is none of https://…, http://…, deb-src:NAME, file:/….")]
    [InlineData("source=deb-src:Bad_Name", "4:8: error: source: 'deb-src:Bad_Name' is none of https://…, http://…, deb-src:NAME, file:/….")]
    [InlineData("extra_sources=[https://a.org/x][what]", "4:33: error: extra_sources: 'what' is neither an address (https://…, http://…, deb-src:NAME, file:/…) nor the id of an extra source.")]
    [InlineData("dependencies=[ok][no/slash]", "4:21: error: dependencies: 'no/slash' is not a package name; it has 1 to 128 characters of A-Z a-z 0-9 _ + -.")]
    [InlineData("builddeps=[b][a]", "4:15: error: builddeps: the package names itself.")]
    [InlineData("crossdeps=[b][b]", "4:15: warning: crossdeps: 'b' stands there twice.")]
    [InlineData("dependencies=b", "4:14: warning: dependencies: text outside of the brackets; a list is written [one][two].")]
    [InlineData("dependencies=[b][c", "4:19: warning: dependencies: the last item has no ']' and is dropped.")]
    [InlineData("network=maybe", "4:9: error: network: 'maybe' is neither 'yes' nor 'no'.")]
    [InlineData("sha256=[123]", "4:9: error: sha256: '123' is not a hash; it has 64 hexadecimal digits, or is '-' for none.")]
    [InlineData("sha256=[" + Hash + "]", "4:9: error: sha256: 1 hashes for 0 sources; the source comes first, then each extra source that is an address.")]
    [InlineData("architectures=[x86 64]", "4:16: error: architectures: 'x86 64' is not an architecture; it has 1 to 32 characters of a-z A-Z 0-9 _ - as 'uname -m' prints it.")]
    [InlineData("description=a\u0001b", "4:14: error: the control character U+0001 cannot stand here.")]
    public void A_bad_line_is_named_with_line_and_column(string line, string problem)
    {
        var result = RecipeParser.Parse($"name=a\nversion=1\nreal_version=1\n{line}\nbuild={{\nmake\n}}");

        Assert.Contains(problem, result.Problems.Select(p => p.ToString()));
    }

    [Theory]
    [InlineData("source=")]
    [InlineData("source=https://example.org/x.tar.gz")]
    [InlineData("source=deb-src:zlib")]
    [InlineData("source=file:/srv/sources/x.tar.gz")]
    [InlineData("source=https://example.org/x\nextra_sources=[https://example.org/y]\nsha256=[-][" + Hash + "]")]
    [InlineData("# a comment = with an equals sign")]
    [InlineData("   ")]
    public void A_good_line_has_no_problem(string line) =>
        Assert.Empty(RecipeParser.Parse($"name=a\nversion=1\nreal_version=1\n{line}\nbuild={{\nmake\n}}").Problems);

    [Theory]
    [InlineData("", "the key 'name' is missing.")]
    [InlineData("name=a\nreal_version=1\nbuild={\n}", "the key 'version' is missing.")]
    [InlineData("name=a\nversion=1\nreal_version=1", "the build block is missing")]
    [InlineData("name=a/b\nversion=1\nreal_version=1\nbuild={\n}", "name: 'a/b' is not a name")]
    [InlineData("name=a\nversion=1 2\nreal_version=1\nbuild={\n}", "version: '1 2' is not a version")]
    [InlineData("name=a\nversion=1\nreal_version=1234567890\nbuild={\n}", "real_version: '1234567890' is not a number")]
    [InlineData("name=a\nversion=1\nreal_version=²\nbuild={\n}", "real_version: '²' is not a number")]
    public void What_a_recipe_must_have_is_asked_for(string text, string message)
    {
        var result = RecipeParser.Parse(text);

        Assert.Contains(result.Problems, p => p.Severity == RecipeSeverity.Error && p.Message.StartsWith(message, StringComparison.Ordinal));
    }

    /// <summary>Apart from the table: an attribute cannot hold half a surrogate pair.</summary>
    [Fact]
    public void Half_a_surrogate_pair_is_named_with_its_place() =>
        Assert.Contains("1:14: error: the text is not valid Unicode here.", RecipeParser.Parse("description=x\ud800").Problems.Select(p => p.ToString()));

    [Fact]
    public void A_function_that_ends_at_the_margin_is_found_out()
    {
        var result = RecipeParser.Parse("name=a\nversion=1\nreal_version=1\nbuild={\nf() {\nmake\n}\nf\n}\n");

        Assert.Equal(
            ["8:1: warning: 'f' has no '=' and is ignored; write key=value, or start a comment with '#'.", "9:1: error: '}' outside of a build block (the build block ended on line 7); indent a '}' that belongs to the script."],
            result.Problems.Select(p => p.ToString()));
    }
}
