using System.Text;
using Quern.Peers.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

public sealed class CutLinesTests
{
    [Theory]
    [InlineData("xxxx\n", true)]
    [InlineData("xxx\n", false)]
    [InlineData("xxxxx\n", false)]
    [InlineData("üüüü\n", true)]
    [InlineData("ab\nxxxx\nab\n", true)]
    [InlineData("xx\nxx\n", false)]
    [InlineData("€€\n€€\n", false)]
    public void A_line_of_exactly_that_many_characters_was_cut(string lines, bool cut) =>
        Assert.Equal(cut, CutLines.IsIn(Encoding.UTF8.GetBytes(lines), 4));
}
