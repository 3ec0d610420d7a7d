using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Quern.Execution;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost.Tests.Perspective;

/// <summary>The whole worker against a master that does what the test says.</summary>
public sealed class PerspectiveWorkerTests : PerspectiveFixture
{
    // Fills the buffer, so that what was said before is sent at once.
    private const string StartedThenWait = "echo started; echo $$ > pid; seq 1 20000; sleep 1000";

    private readonly Channel<string> _log = Channel.CreateUnbounded<string>();   // as much as one test says
    private Worker? _worker;

    private async Task<LoginAttempt> JoinAsync(string password = FakeMaster.Password, TimeSpan? keepAlive = null)
    {
        var options = Master.OptionsFor(Base) with { KeepAlive = keepAlive };
        _worker = new Worker(options, Folder, password, TimeProvider.System, text => _log.Writer.TryWrite(text));
        Run(_worker);
        return await Master.NextLoginAsync();
    }

    private async Task LoggedAsync(string text)
    {
        using var patience = new CancellationTokenSource(FakeMaster.Patience);
        while (!(await _log.Reader.ReadAsync(patience.Token)).Contains(text, StringComparison.Ordinal))
        {
            // Another line.
        }
    }

    /// <summary>Ends when the command's shell has ended; its parent is the worker, in this process.</summary>
    private async Task ShellEndedAsync()
    {
        int id = int.Parse(await File.ReadAllTextAsync(Path.Combine(Base, "b", "build", "pid")), CultureInfo.InvariantCulture);
        try
        {
            using var shell = Process.GetProcessById(id);
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(FakeMaster.Patience);
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    [Fact]
    public async Task A_command_runs_and_its_words_come_one_key_an_update()
    {
        var builder = await FakeMaster.BuilderAsync(await JoinAsync());

        var step = await FakeMaster.ShellAsync(builder, "echo hello; exit 3");

        Assert.IsType<JellyValue.None>(await step.Completed);
        Assert.Equal(3, step.ReturnCode);
        Assert.Equal("header stdout rc header elapsed complete", step.Sequence);
    }

    [Fact]
    public async Task A_wrong_password_keeps_the_connection_until_the_next_attempt()
    {
        var first = await JoinAsync("wrong");
        await LoggedAsync("does not know the worker 'farmer'");
        Assert.False(first.Connection.Closed.IsCompleted);

        await Master.NextLoginAsync();

        Assert.Equal("the peer closed the connection", await first.Connection.Closed.WaitAsync(FakeMaster.Patience));
    }

    [Fact]
    public async Task A_worker_that_theMaster_does_not_want_ends()
    {
        Master.Refuse = _ => CopiedFailure.Of("builtins.RuntimeError", "rejecting duplicate worker");

        await JoinAsync();

        Assert.Equal(4, await Running.WaitAsync(FakeMaster.Patience));
        await LoggedAsync("builtins.RuntimeError: rejecting duplicate worker");
    }

    [Fact]
    public async Task AMaster_that_vanishes_under_a_command_ends_it_and_the_worker_comes_back()
    {
        var login = await JoinAsync();
        var step = await FakeMaster.ShellAsync(await FakeMaster.BuilderAsync(login), StartedThenWait);
        await step.HeardAsync("started");

        login.Connection.Close("the test is rude");
        var again = await Master.NextLoginAsync();

        await ShellEndedAsync();
        var next = await FakeMaster.ShellAsync(await FakeMaster.BuilderAsync(again), "exit 0");
        await next.Completed;
        Assert.Equal(0, next.ReturnCode);
    }

    [Fact]
    public async Task A_stop_ends_theRunning_command_and_the_worker()
    {
        var step = await FakeMaster.ShellAsync(await FakeMaster.BuilderAsync(await JoinAsync()), StartedThenWait);
        await step.HeardAsync("started");

        await StopAsync();

        Assert.Equal(0, await Running.WaitAsync(FakeMaster.Patience));
        await ShellEndedAsync();
    }

    [Fact]
    public async Task A_worker_asks_its_avatar_for_a_graceful_end_and_ends_when_told()
    {
        var login = await JoinAsync();
        await LoggedAsync("connected to");

        string? problem = await _worker!.AskForShutdownAsync();
        await FakeMaster.CallAsync(login.Mind, "shutdown");

        Assert.Null(problem);
        await Master.Avatar.HeardAsync("shutdown");
        Assert.Equal(0, await Running.WaitAsync(FakeMaster.Patience));
    }

    [Fact]
    public async Task A_worker_shows_signs_of_life()
    {
        await JoinAsync(keepAlive: TimeSpan.FromMilliseconds(20));

        await Master.Avatar.HeardAsync("keepalive");
    }

    [Fact]
    public async Task A_second_command_of_a_builder_stops_the_first()
    {
        var builder = await FakeMaster.BuilderAsync(await JoinAsync());
        var first = await FakeMaster.ShellAsync(builder, StartedThenWait);
        await first.HeardAsync("started");

        var second = await FakeMaster.ShellAsync(builder, "exit 0");

        await Task.WhenAll(first.Completed, second.Completed);
        Assert.Equal((-1, 0), (first.ReturnCode!.Value, second.ReturnCode!.Value));
    }

    [Fact]
    public async Task An_interrupt_stops_what_the_builder_runs_whatever_its_id()
    {
        var builder = await FakeMaster.BuilderAsync(await JoinAsync());
        var step = await FakeMaster.ShellAsync(builder, StartedThenWait);
        await step.HeardAsync("started");

        await FakeMaster.CallAsync(builder, "interruptCommand", "no such id", "enough");

        await step.Completed;
        Assert.Equal(-1, step.ReturnCode);
        Assert.DoesNotContain("elapsed", step.Sequence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_builder_that_is_dropped_loses_its_command_without_a_word()
    {
        var login = await JoinAsync();
        var step = await FakeMaster.ShellAsync(await FakeMaster.BuilderAsync(login), StartedThenWait);
        await step.HeardAsync("started");

        await FakeMaster.CallAsync(login.Mind, "setBuilderList", new JellyValue.List([]));

        await ShellEndedAsync();
        await FakeMaster.CallAsync(login.Mind, "print", "still there?");
        Assert.DoesNotContain("complete", step.Sequence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_builder_keeps_its_object_when_the_list_comes_again()
    {
        var login = await JoinAsync();

        Assert.Equal((await FakeMaster.BuilderAsync(login)).Id, (await FakeMaster.BuilderAsync(login)).Id);
    }

    [Fact]
    public async Task References_are_released_when_their_command_is_over()
    {
        var builder = await FakeMaster.BuilderAsync(await JoinAsync());

        // Twisted lets a peer hold 1025 objects.
        for (int i = 0; i < 1100; i++)
        {
            var step = new RecordingObject();
            await FakeMaster.CallAsync(
                builder, "startCommand", new JellyValue.Remote(builder.Connection.Export(step)), "0", "mkdir", new JellyValue.Dictionary([new("dir", "d")]));
            await step.Completed;
        }
    }

    [Theory]
    [InlineData("nosuchcommand", "buildbot_worker.base.UnknownCommand", "unrecognized WorkerCommand 'nosuchcommand'")]
    [InlineData("mkdir", "builtins.KeyError", "'dir'")]
    [InlineData("glob", "builtins.KeyError", "'path'")]
    public async Task A_command_that_cannot_be_constructed_is_answered_as_by_a_stock_worker(string command, string type, string message)
    {
        var builder = await FakeMaster.BuilderAsync(await JoinAsync());

        var failure = await StartRefusedAsync(builder, command, JellyValue.Dictionary.Empty);

        Assert.Equal((type, message), (failure.Type, failure.Message));
        Assert.Contains("builtins.Exception", failure.Parents);
    }

    [Fact]
    public async Task A_shell_without_command_and_an_upload_without_writer_are_refused()
    {
        var builder = await FakeMaster.BuilderAsync(await JoinAsync());

        var shell = await StartRefusedAsync(builder, "shell", new JellyValue.Dictionary([new("workdir", "build")]));
        var upload = await StartRefusedAsync(
            builder, "uploadFile", new JellyValue.Dictionary([new("workdir", "build"), new("workersrc", "x"), new("blocksize", 10L)]));

        Assert.Equal(("builtins.ValueError", "WorkerShellCommand is missing args: command"), (shell.Type, shell.Message));
        Assert.Equal(("builtins.ValueError", "WorkerFileUploadCommand is missing args: writer"), (upload.Type, upload.Message));
    }

    [Fact]
    public async Task A_block_is_at_most_what_one_string_of_the_wire_holds()
    {
        const int MaxString = 655360;
        var builder = await FakeMaster.BuilderAsync(await JoinAsync());
        await File.WriteAllBytesAsync(Path.Combine(Base, "b", "big"), new byte[MaxString + 1], TestContext.Current.CancellationToken);
        var (step, writer) = (new RecordingObject(), new RecordingObject());

        await FakeMaster.CallAsync(
            builder, "startCommand", new JellyValue.Remote(builder.Connection.Export(step)), "0", "uploadFile", new JellyValue.Dictionary([
                new("workdir", ""), new("workersrc", "big"), new("blocksize", 1L << 30), new("maxsize", JellyValue.None.Value),
                new("writer", new JellyValue.Remote(builder.Connection.Export(writer)))]));
        await step.Completed;

        Assert.Equal((0L, "write close"), (step.ReturnCode, writer.Sequence));
        Assert.Equal([MaxString, 1], writer.Written);
    }

    [Fact]
    public async Task An_unknown_method_is_answered_so()
    {
        var login = await JoinAsync();

        var result = await login.Connection.CallAsync(login.Mind, "nonsense", []).WaitAsync(FakeMaster.Patience);

        Assert.Equal("No such method: remote_nonsense", Assert.IsType<CallResult.Failed>(result).Failure.Message);
    }

    [Fact]
    public async Task AMaster_of_0_8_is_served()
    {
        var login = await JoinAsync();

        await FakeMaster.CallAsync(login.Mind, "print", JellyValue.Bytes.Of("attached"));
        var info = (JellyValue.Dictionary)await FakeMaster.CallAsync(login.Mind, "getSlaveInfo");
        var commands = (JellyValue.Dictionary)await FakeMaster.CallAsync(login.Mind, "getCommands");
        await FakeMaster.CallAsync(login.Mind, "getVersion");
        var builders = (JellyValue.Dictionary)await FakeMaster.CallAsync(
            login.Mind, "setBuilderList", new JellyValue.List([new JellyValue.Tuple([JellyValue.Bytes.Of("b"), JellyValue.Bytes.Of("b")])]));
        var builder = login.Connection.Take((JellyValue.Remote)builders["b"]!)!;
        await FakeMaster.CallAsync(builder, "setMaster", new JellyValue.Remote(login.Connection.Export(new RecordingObject())));
        await FakeMaster.CallAsync(builder, "print", JellyValue.Bytes.Of("ping"));
        await FakeMaster.CallAsync(builder, "startBuild");
        var step = new RecordingObject();
        await FakeMaster.CallAsync(
            builder, "startCommand", new JellyValue.Remote(login.Connection.Export(step)), JellyValue.Bytes.Of("0"), JellyValue.Bytes.Of("shell"),
            OldArguments(("workdir", "build"), ("command", "echo old"), ("usePTY", "slave-config"), ("want_stdout", 1L), ("env", JellyValue.None.Value)));
        await step.Completed;
        var download = new RecordingObject();
        var reader = new RecordingObject();
        reader.Blocks.Enqueue("content"u8.ToArray());
        await FakeMaster.CallAsync(
            builder, "startCommand", new JellyValue.Remote(login.Connection.Export(download)), JellyValue.Bytes.Of("1"), JellyValue.Bytes.Of("downloadFile"),
            OldArguments(
                ("workdir", "build"), ("slavedest", "got"), ("blocksize", 16384L), ("maxsize", JellyValue.None.Value), ("mode", 493L),
                ("reader", new JellyValue.Remote(login.Connection.Export(reader)))));
        await download.Completed;

        Assert.NotNull(info["slave_commands"]);
        Assert.NotNull(info["basedir"]);
        Assert.NotNull(commands["shell"]);
        Assert.IsType<JellyValue.Bytes>(builders.Entries.Single().Key);
        Assert.Equal((0, "header stdout rc header elapsed complete"), (step.ReturnCode, step.Sequence));
        Assert.Equal((0, "read close"), (download.ReturnCode, reader.Sequence));
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(Base, "b", "build", "got"), TestContext.Current.CancellationToken));
    }

    /// <summary>All text as bare strings, as Python 2 sends it.</summary>
    private static JellyValue.Dictionary OldArguments(params ReadOnlySpan<(string Key, JellyValue Value)> entries)
    {
        var result = ImmutableArray.CreateBuilder<KeyValuePair<JellyValue, JellyValue>>();
        foreach (var (key, value) in entries)
            result.Add(new(JellyValue.Bytes.Of(key), value is JellyValue.Text text ? new JellyValue.Bytes(text.Utf8) : value));
        return new JellyValue.Dictionary(result.ToImmutable());
    }

    private static async Task<CopiedFailure> StartRefusedAsync(RemoteReference builder, string command, JellyValue.Dictionary arguments)
    {
        var step = new JellyValue.Remote(builder.Connection.Export(new RecordingObject()));
        var result = await builder.Connection.CallAsync(builder, "startCommand", [step, "0", command, arguments]).WaitAsync(FakeMaster.Patience);
        return Assert.IsType<CallResult.Failed>(result).Failure;
    }
}
