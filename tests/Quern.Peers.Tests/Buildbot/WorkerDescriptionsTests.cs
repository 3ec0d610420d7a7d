using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

public sealed class WorkerDescriptionsTests
{
    [Theory, Trait("CWE", "20")]
    [InlineData("mill", "mill")]
    [InlineData("mill\0", "mill")]
    [InlineData("two\nlines", "two lines")]
    [InlineData("red\u001b[31m\u009b", "red [31m")]
    [InlineData("half\ud83d", "half")]
    [InlineData("\ude00 half", "half")]
    [InlineData("whole \ud83d\ude00", "whole \ud83d\ude00")]
    public void What_a_worker_says_of_itself_is_one_line_that_a_database_takes(string said, string kept)
    {
        var says = Of(said, ("pretty_name", said));

        Assert.Equal([kept, kept, kept, kept, kept], [says.Version, says.Architecture, says.OperatingSystem, says.Admin, says.Host]);
    }

    [Fact]
    public void A_system_without_a_fine_name_is_called_by_name_and_version()
    {
        Assert.Equal("Debian 12", Of("x", ("name", "Debian\0"), ("version", "12")).OperatingSystem.Replace("  ", " ", StringComparison.Ordinal));
        Assert.Equal("", Of("x").OperatingSystem);
    }

    private static WorkerDescription Of(string said, params (string Key, string Value)[] system)
    {
        var map = new WireValue.Map(
        [
            new("basedir", new WireValue.Text("/work")), new("version", new WireValue.Text(said)), new("architecture", new WireValue.Text(said)),
            new("admin", new WireValue.Text(said)), new("host", new WireValue.Text(said)),
            .. system.Select(s => KeyValuePair.Create<string, WireValue>("os_" + s.Key, new WireValue.Text(s.Value))),
        ]);
        return WorkerDescriptions.Of(new WorkerName("w"), WorkerInfoReader.TryRead(map, out _)!, "buildbot-pb");
    }
}
