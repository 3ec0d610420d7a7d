using Quern.Protocols.Branch.Recipes;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Recipes;

public sealed class SolutionFileTests
{
    [Fact]
    public void Steps_are_lines_and_empty_ones_and_comments_are_none()
    {
        var file = SolutionFile.Parse("# base first\r\nzlib; bzip2 ;\r\n\r\n;\r\nlibpng\r\n");

        Assert.Equal(["zlib bzip2", "libpng"], file.Steps.Select(s => string.Join(' ', s)));
        Assert.Equal(["2:1 2:7", "5:1"], file.Places.Select(s => string.Join(' ', s.Select(p => $"{p.Line}:{p.Column}"))));
        Assert.Empty(file.Problems);
    }

    [Fact]
    public void Bad_and_repeated_names_are_named_with_their_place()
    {
        var file = SolutionFile.Parse("a;b/c\n a");

        Assert.Equal(
            ["1:3: error: not a package name; it has 1 to 128 characters of A-Z a-z 0-9 _ + -.", "2:2: warning: 'a' stands already on line 1 and is built again."],
            file.Problems.Select(p => p.ToString()));
        Assert.True(file.HasErrors);
    }

    [Fact]
    public void Steps_from_the_wire_are_cleaned_by_the_same_rules() =>
        Assert.Equal(["a b", "c"], SolutionFile.Clean([[" a", "", "b "], [""], [], ["#no", "d"], ["c"]]).Select(s => string.Join(' ', s)));

    [Fact]
    public void A_file_over_the_limit_has_no_steps()
    {
        var file = SolutionFile.Parse("a\nb\nc", new RecipeLimits { MaxLines = 2 });

        Assert.Empty(file.Steps);
        Assert.True(file.HasErrors);
    }
}
