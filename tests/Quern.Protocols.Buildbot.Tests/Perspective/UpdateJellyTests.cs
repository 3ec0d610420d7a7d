using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests.Perspective;

public sealed class UpdateJellyTests
{
    private static JellyValue.List Update(string key, JellyValue value) =>
        new JellyValue.List([new JellyValue.List([new JellyValue.Dictionary([new(key, value)]), 0L])]);

    private static UpdateEntry.Text Text(string stream, string log) => new(stream, log, "text\n"u8.ToArray(), new[] { 4 }, new[] { 1.5 });

    [Fact]
    public void Every_entry_is_one_key_with_what_is_left_of_an_update_number()
    {
        Assert.Equal(Update("stdout", "text\n"), UpdateJelly.Of(Text("stdout", "")));
        Assert.Equal(Update("header", "text\n"), UpdateJelly.Of(Text("header", "")));
        Assert.Equal(Update("log", new JellyValue.Tuple(["build.log", "text\n"])), UpdateJelly.Of(Text("log", "build.log")));
        Assert.Equal(Update("rc", -1L), UpdateJelly.Of(new UpdateEntry.ReturnCode(-1)));
        Assert.Equal(Update("elapsed", 1.5), UpdateJelly.Of(new UpdateEntry.Elapsed(1.5)));
        Assert.Equal(Update("files", new JellyValue.List(["a", "b"])), UpdateJelly.Of(new UpdateEntry.Files(["a", "b"])));
        Assert.Equal(Update("stat", new JellyValue.Tuple([33188L, 7L])), UpdateJelly.Of(new UpdateEntry.Stat([33188, 7])));
        Assert.Equal(Update("failure_reason", "timeout"), UpdateJelly.Of(new UpdateEntry.FailureReason("timeout")));
    }
}
