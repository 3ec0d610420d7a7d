using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class WorkerInfoReaderTests
{
    private static readonly string s_hash = new('0', 64);

    [Fact]
    public void An_agent_says_what_it_runs_as()
    {
        var info = Read(new("quern_platform", "linux-musl-x64"), new("quern_program", s_hash));

        Assert.Equal(("linux-musl-x64", s_hash), (info.Platform, info.Program));
    }

    [Fact]
    public void Others_do_not()
    {
        var info = Read();

        Assert.Equal(("", ""), (info.Platform, info.Program));
    }

    [Theory, Trait("CWE", "20")]
    [InlineData("linux x64", "0")]
    [InlineData("../../etc", "00000000000000000000000000000000000000000000000000000000000000zz")]
    [InlineData("linux-x64-linux-x64-linux-x64-linux-x64", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_platform_and_no_hash_is_passed_over(string platform, string program)
    {
        var info = Read(new("quern_platform", platform), new("quern_program", program));

        Assert.Equal(("", ""), (info.Platform, info.Program));
    }

    private static WorkerInfo Read(params KeyValuePair<string, WireValue>[] more)
    {
        var info = WorkerInfoReader.TryRead(new WireValue.Map([new("basedir", "/work"), .. more]), out string problem);
        Assert.Equal("", problem);
        return info!;
    }
}
