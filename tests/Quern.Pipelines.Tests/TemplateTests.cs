using Xunit;

namespace Quern.Pipelines.Tests;

public sealed class TemplateTests
{
    [Theory]
    [InlineData("make -j4", "make -j4")]
    [InlineData("git checkout ${branch}", "git checkout <branch>")]
    [InlineData("${a}${b}", "<a><b>")]
    [InlineData("echo $HOME $$ $(pwd)", "echo $HOME $$ $(pwd)")]
    [InlineData("echo $${HOME}", "echo ${HOME}")]
    [InlineData("$$${a}", "$${a}")]
    [InlineData("", "")]
    [InlineData("$", "$")]
    public void Holes_are_filled_and_the_shells_own_signs_stay(string text, string filled)
    {
        Assert.True(Template.TryParse(text, out var template, out _));

        Assert.Equal(filled, template.Fill(name => $"<{name}>"));
    }

    [Theory]
    [InlineData("ab ${branch", 3, "never closed")]
    [InlineData("${}", 0, "no name")]
    [InlineData("x ${HOME:-/tmp}", 2, "$${HOME:-/tmp}")]
    [InlineData("${a b}", 0, "no name")]
    public void What_is_no_property_is_refused_with_its_place(string text, int offset, string said)
    {
        Assert.False(Template.TryParse(text, out _, out var problem));

        Assert.Equal(offset, problem.Offset);
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hole_knows_its_place()
    {
        Assert.True(Template.TryParse("a$${x}${one}b${two}", out var template, out _));

        Assert.Equal([("one", 6), ("two", 13)], template.Holes.Select(h => (h.Text, h.Offset)));
    }
}
