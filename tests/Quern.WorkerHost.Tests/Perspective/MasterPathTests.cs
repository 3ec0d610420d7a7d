using Quern.Execution;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost.Tests.Perspective;

/// <summary>A worker trusts its master with paths, as with programs: docs/worker.md. What the system cannot have for a path it does not get.</summary>
public sealed class MasterPathTests : PerspectiveFixture
{
    [Theory]
    [InlineData("got", "worker/b/build/got")]
    [InlineData("new/got", "worker/b/build/new/got")]
    [InlineData("two\nlines", "worker/b/build/two\nlines")]
    [InlineData("../../../got", "got")]
    [InlineData("ROOT/elsewhere/got", "elsewhere/got")]
    [InlineData("link/got", "linked/got")]
    public async Task A_download_lands_where_theMaster_says(string destination, string lands)
    {
        Directory.CreateDirectory(Path.Combine(Base, "b", "build"));
        Directory.CreateDirectory(Path.Combine(Root, "linked"));
        Directory.CreateSymbolicLink(Path.Combine(Base, "b", "build", "link"), Path.Combine(Root, "linked"));

        var (_, step) = await DownloadAsync(destination.Replace("ROOT", Root, StringComparison.Ordinal));

        Assert.IsType<JellyValue.None>(await step!.Completed);
        Assert.Equal(0, step.ReturnCode);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Path.Combine(Root, lands), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_builder_lies_where_theMaster_says()
    {
        var login = await JoinAsync();

        await FakeMaster.CallAsync(login.Mind, "setBuilderList", new JellyValue.List(
            [new JellyValue.Tuple(["a", "../beside"]), new JellyValue.Tuple(["b", Path.Combine(Root, "elsewhere")])]));

        Assert.True(Directory.Exists(Path.Combine(Root, "beside")));
        Assert.True(Directory.Exists(Path.Combine(Root, "elsewhere")));
    }

    [Fact]
    public async Task A_path_with_a_NUL_is_refused_and_nothing_is_made()
    {
        var (result, _) = await DownloadAsync("front\0behind");

        var failure = Assert.IsType<CallResult.Failed>(result).Failure;
        Assert.Equal(("builtins.ValueError", "embedded null byte"), (failure.Type, failure.Message));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Base, "b")));
    }

    [Fact]
    public async Task A_name_that_no_file_system_takes_is_rc_1()
    {
        var (_, step) = await DownloadAsync(new string('n', 256));

        Assert.IsType<JellyValue.None>(await step!.Completed);
        Assert.Equal(1, step.ReturnCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Base, "b", "build")));
    }

    private async Task<LoginAttempt> JoinAsync()
    {
        var worker = new Worker(Master.OptionsFor(Base), Folder, FakeMaster.Password, TimeProvider.System, _ => { });
        Run(worker);
        return await Master.NextLoginAsync();
    }

    private async Task<(CallResult Answer, RecordingObject? Step)> DownloadAsync(string destination)
    {
        var builder = await FakeMaster.BuilderAsync(await JoinAsync());
        var (step, reader) = (new RecordingObject(), new RecordingObject());
        reader.Blocks.Enqueue([1, 2, 3]);
        var arguments = new JellyValue.Dictionary(
        [
            new("workdir", "build"), new("workerdest", destination), new("blocksize", 16384L), new("maxsize", JellyValue.None.Value),
            new("mode", JellyValue.None.Value), new("reader", new JellyValue.Remote(builder.Connection.Export(reader))),
        ]);
        var answer = await builder.Connection.CallAsync(
            builder, "startCommand", [new JellyValue.Remote(builder.Connection.Export(step)), "0", "downloadFile", arguments]).WaitAsync(FakeMaster.Patience);
        return (answer, step);
    }
}
