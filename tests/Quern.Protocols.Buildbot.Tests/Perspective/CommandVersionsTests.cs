using System.Collections.Immutable;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class CommandVersionsTests
{
    [Theory]
    [InlineData("2.16", 2, 16, true)]
    [InlineData("2.16", 2, 7, true)]
    [InlineData("2.7", 2, 16, false)]
    [InlineData("3", 3, 0, true)]
    [InlineData("3.1.4", 3, 1, true)]
    [InlineData("10.0", 3, 3, true)]
    [InlineData("", 0, 0, false)]
    [InlineData("new", 0, 0, false)]
    [InlineData("3.x", 3, 0, false)]
    public void Versions_compare_number_by_number(string version, int major, int minor, bool expected) =>
        Assert.Equal(expected, CommandVersions.AtLeast(
            ImmutableSortedDictionary<string, string>.Empty.Add("shell", version), "shell", major, minor));

    [Fact]
    public void A_command_that_is_not_there_is_of_no_version() =>
        Assert.False(CommandVersions.AtLeast(ImmutableSortedDictionary<string, string>.Empty, "shell", 0, 0));
}
