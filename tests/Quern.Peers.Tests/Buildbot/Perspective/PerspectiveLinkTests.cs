using System.Collections.Immutable;
using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot.Perspective;
using Xunit;

namespace Quern.Peers.Tests.Buildbot.Perspective;

public sealed class PerspectiveLinkTests
{
    [Fact]
    public async Task A_worker_is_described_and_has_a_builder_for_each_slot()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        Assert.Equal(("farmer", "buildbot-pb", "3.7.0"), (link.Description.Name.Value, link.Description.Protocol, link.Description.Version));
        Assert.Equal(["slot-1", "slot-2"], worker.Builders.Keys);
        Assert.Same(link, farm.Registry.Find(new WorkerName("farmer")));
    }

    [Fact]
    public async Task A_shell_command_is_sent_with_the_arguments_of_real_masters_and_paths_below_the_builder()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;
        var shell = new RemoteCommand.Shell { Command = ["make", "all"], WorkingDirectory = "build", Timeout = TimeSpan.FromSeconds(90), MaxLines = 5 };

        Task<CommandResult> run = link.RunAsync(shell, "slot-2", new RecordingObserver(), default);
        BrokerCommand command = await worker.NextCommandAsync();
        await worker.FinishAsync(command, 0);
        await run.WaitAsync(TestGate.Patience);

        Assert.Equal((worker.Builders["slot-2"], "shell", "build", "90"), (command.Builder, command.Name, command["workdir"], command["maxTime"]));
        Assert.Equal(
            ["workdir", "env", "want_stdout", "want_stderr", "logfiles", "timeout", "maxTime", "sigtermTime", "usePTY",
                "logEnviron", "initial_stdin", "interruptSignal", "command"],
            command.Arguments.Keys);
    }

    [Fact]
    public async Task Updates_in_any_shape_become_whole_lines_and_are_taken_after_rc_until_complete()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;
        var observer = new RecordingObserver();

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", observer, default);
        BrokerCommand command = await worker.NextCommandAsync();
        await worker.UpdateAsync(command, "stdout", Jelly.Text("gr\u00FC"));
        await worker.UpdateAsync(command, "rc", 3);
        await worker.CallAsync(command.Step, "update", Jelly.List(
            Jelly.List(Jelly.Dictionary(((object)"stdout"u8.ToArray(), "n\nrest"u8.ToArray()), ("elapsed", 1.5)), 0),
            Jelly.List(Jelly.Dictionary(("log", Jelly.Tuple(Jelly.Text("l"), Jelly.Text("line\n"))), ("header", Jelly.Text("h"))), 0)));
        await worker.UpdateAsync(command, "stderr", new byte[] { (byte)'a', 0xFF, (byte)'\n' });
        await worker.UpdateAsync(command, "news_of_4_9", Jelly.List(1, 2));
        long complete = await worker.CallAsync(command.Step, "complete", Jelly.None);

        Assert.Equal(new CommandResult.Ended(3), await run.WaitAsync(TestGate.Patience));
        Assert.Equal("answer", Banana.TextOf((await worker.AnswerToAsync(complete))[0]));
        string[] lines = observer.Text.Split('\n');
        Assert.Equal(["Header:h", "Stderr:a\uFFFD", "Stdout:gr\u00FCn", "Stdout:line", "Stdout:rest"], lines.Where(l => l.Length > 0).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("timeout", CommandLimit.Time)]
    [InlineData("timeout_without_output", CommandLimit.Silence)]
    [InlineData("max_lines_failure", CommandLimit.Lines)]
    public async Task Newer_workers_tell_why_they_ended_a_command(string reason, CommandLimit limit)
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", new RecordingObserver(), default);
        BrokerCommand command = await worker.NextCommandAsync();
        await worker.UpdateAsync(command, "failure_reason", Jelly.Text(reason));
        await worker.FinishAsync(command, -1);

        Assert.Equal(limit, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).Limit);
    }

    [Fact]
    public async Task An_upload_goes_through_its_writer_in_the_largest_blocks_and_a_download_through_its_reader()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;
        var up = new RecordingObserver();
        var down = new RecordingObserver("content"u8.ToArray());

        Task<CommandResult> upload = link.RunAsync(
            new RemoteCommand.UploadFile("~f", new MasterTarget.Package()) { BlockSize = 4 << 20 }, "slot-1", up, default);
        BrokerCommand command = await worker.NextCommandAsync();
        Assert.Equal(("uploadFile", "655360", "./~f"), (command.Name, command["blocksize"], command["workersrc"]));
        long writer = Jelly.Id(command.Arguments["writer"]);
        await worker.AnswerToAsync(await worker.CallAsync(writer, "write", "some "u8.ToArray()));
        await worker.AnswerToAsync(await worker.CallAsync(writer, "write", "bytes"u8.ToArray()));
        await worker.AnswerToAsync(await worker.CallAsync(writer, "close"));
        await worker.FinishAsync(command, 0);
        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(await upload.WaitAsync(TestGate.Patience)).ExitCode);

        Task<CommandResult> download = link.RunAsync(new RemoteCommand.DownloadFile(new MasterSource.Text("x"), "g"), "slot-1", down, default);
        command = await worker.NextCommandAsync();
        long reader = Jelly.Id(command.Arguments["reader"]);
        object[][] blocks = [await Read(5), await Read(5), await Read(5)];
        await worker.CallAsync(reader, "close");
        await worker.FinishAsync(command, 0);
        await download.WaitAsync(TestGate.Patience);

        Assert.Equal("some bytes", Encoding.UTF8.GetString(up.Written));
        Assert.Equal(["conte", "nt", ""], blocks.Select(block => Banana.TextOf(block[2])));

        async Task<object[]> Read(int length) => await worker.AnswerToAsync(await worker.CallAsync(reader, "read", length));
    }

    [Fact]
    public async Task A_refused_start_and_a_failure_are_the_workers_refusal()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        Task<CommandResult> refused = link.RunAsync(new RemoteCommand.Stat("x"), "slot-1", new RecordingObserver(), default);
        object[] start = await worker.NextCallAsync("startCommand");
        await worker.SendAsync(new object[] { "error", start[1], Jelly.Failure("buildbot_worker.pb.UnknownCommand", "unrecognized WorkerCommand 'stat'") });
        Task<CommandResult> failed = link.RunAsync(new RemoteCommand.Stat("x"), "slot-1", new RecordingObserver(), default);
        BrokerCommand command = await worker.NextCommandAsync();
        await worker.CallAsync(command.Step, "complete", Jelly.Failure("builtins.OSError", "no space"));

        Assert.Equal(
            new CommandResult.Refused("buildbot_worker.pb.UnknownCommand: unrecognized WorkerCommand 'stat'"), await refused.WaitAsync(TestGate.Patience));
        Assert.Equal(new CommandResult.Refused("builtins.OSError: no space"), await failed.WaitAsync(TestGate.Patience));
    }

    [Fact]
    public async Task A_stop_reaches_the_builder_of_that_command_alone()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;
        using var stop = new CancellationTokenSource();

        Task<CommandResult> stays = link.RunAsync(new RemoteCommand.Shell { Script = "a" }, "slot-1", new RecordingObserver(), default);
        BrokerCommand first = await worker.NextCommandAsync();
        Task<CommandResult> goes = link.RunAsync(new RemoteCommand.Shell { Script = "b" }, "slot-2", new RecordingObserver(), stop.Token);
        BrokerCommand second = await worker.NextCommandAsync();
        await stop.CancelAsync();
        object[] interrupt = await worker.NextCallAsync("interruptCommand");
        await worker.FinishAsync(second, -1);

        Assert.Equal(second.Builder, (long)interrupt[2]);
        Assert.Equal(-1, Assert.IsType<CommandResult.Ended>(await goes.WaitAsync(TestGate.Patience)).ExitCode);
        Assert.False(stays.IsCompleted);
        await worker.FinishAsync(first, 0);
        await stays.WaitAsync(TestGate.Patience);
    }

    [Fact]
    public async Task A_worker_that_never_releases_anything_can_run_more_commands_than_a_table_has_room_for()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        // Twisted's table holds 1,025 objects.
        for (int i = 0; i < 1100; i++)
        {
            Task<CommandResult> run = link.RunAsync(new RemoteCommand.Stat("x"), "slot-1", new RecordingObserver(), default);
            await worker.FinishAsync(await worker.NextCommandAsync(), 0);
            Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience));
        }

        Assert.False(link.Closed.IsCompleted);
    }

    [Fact]
    public async Task Two_commands_in_one_place_run_one_after_the_other()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        Task<CommandResult> first = link.RunAsync(new RemoteCommand.Shell { Script = "a" }, "slot-1", new RecordingObserver(), default);
        Task<CommandResult> second = link.RunAsync(new RemoteCommand.Shell { Script = "b" }, "slot-1", new RecordingObserver(), default);
        BrokerCommand one = await worker.NextCommandAsync();
        Assert.Equal("a", one["command"]);
        await worker.FinishAsync(one, 0);
        await first.WaitAsync(TestGate.Patience);
        BrokerCommand two = await worker.NextCommandAsync();
        Assert.Equal("b", two["command"]);
        await worker.FinishAsync(two, 0);
        await second.WaitAsync(TestGate.Patience);
    }

    [Fact]
    public async Task Lists_of_builders_are_complete_and_never_drop_one_that_works()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        Task<CommandResult> busy = link.RunAsync(new RemoteCommand.Shell { Script = "a" }, "slot-2", new RecordingObserver(), default);
        BrokerCommand command = await worker.NextCommandAsync();
        link.Offer([.. Enumerable.Range(1, 4).Select(i => $"slot-{i}")]);
        Task<CommandResult> lane = link.RunAsync(new RemoteCommand.Shell { Script = "b" }, "nightly", new RecordingObserver(), default);
        BrokerCommand nightly = await worker.NextCommandAsync();
        Assert.Equal(["nightly", "slot-1", "slot-2", "slot-3", "slot-4"], worker.Builders.Keys.Order(StringComparer.Ordinal));
        await worker.FinishAsync(nightly, 0);
        await lane.WaitAsync(TestGate.Patience);

        link.Offer(["slot-1"]);
        await worker.ServeAsync(await worker.NextCallAsync("setBuilderList"));
        Assert.Equal(["nightly", "slot-1", "slot-2"], worker.Builders.Keys.Order(StringComparer.Ordinal));
        await worker.FinishAsync(command, 0);
        await busy.WaitAsync(TestGate.Patience);
        link.Offer(["slot-1"]);
        await worker.ServeAsync(await worker.NextCallAsync("setBuilderList"));
        Assert.Equal(["nightly", "slot-1"], worker.Builders.Keys.Order(StringComparer.Ordinal));
        await RunThroughAsync(worker, link, "slot-1");
    }

    [Fact]
    public async Task The_newest_connection_of_a_name_wins()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker first, PerspectiveLink older) = await farm.AttachAsync();
        await using BrokerWorker owned = first;

        (BrokerWorker second, PerspectiveLink newer) = await farm.AttachAsync();
        await using BrokerWorker alsoOwned = second;

        Assert.Equal("a newer connection of the same name took its place", await older.Closed.WaitAsync(TestGate.Patience));
        Assert.Equal([newer], farm.Registry.Links);
        Assert.Equal(("farmer", "a newer connection of the same name took its place"), await farm.NextEndAsync());
    }

    [Fact]
    public async Task A_worker_that_answers_no_keepalive_loses_its_link_and_one_that_does_keeps_it()
    {
        await using var farm = new BrokerFarm(new PerspectiveLinkOptions
        {
            KeepaliveInterval = TimeSpan.FromMilliseconds(200),
            AnswerPatience = TimeSpan.FromMilliseconds(500),
        });
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        // Passed over by NextCallAsync means answered; after the third nobody reads any more.
        for (int i = 0; i < 3; i++)
        {
            object[] print = await worker.NextCallAsync("print");
            await worker.SendAsync(new object[] { "answer", print[1], Jelly.None });
        }

        Assert.False(link.Closed.IsCompleted);
        Assert.StartsWith("the worker has said nothing for", await link.Closed.WaitAsync(TestGate.Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_asks_to_go_is_answered_and_the_farm_told()
    {
        await using var farm = new BrokerFarm();
        (BrokerWorker worker, PerspectiveLink link) = await farm.AttachAsync();
        await using BrokerWorker owned = worker;

        Assert.Equal("answer", Banana.TextOf((await worker.AnswerToAsync(await worker.CallAsync(2, "keepalive")))[0]));
        Assert.False(link.Leaving.IsCompleted);
        Assert.Equal("answer", Banana.TextOf((await worker.AnswerToAsync(await worker.CallAsync(2, "shutdown")))[0]));
        await link.Leaving.WaitAsync(TestGate.Patience);
        Task asked = link.ShutdownAsync(default);
        object[] shutdown = await worker.NextCallAsync("shutdown");
        await worker.SendAsync(new object[] { "answer", shutdown[1], Jelly.None });

        await asked.WaitAsync(TestGate.Patience);
        Assert.Equal(1L, (long)shutdown[2]);
    }

    private static async Task RunThroughAsync(BrokerWorker worker, PerspectiveLink link, string place)
    {
        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, place, new RecordingObserver(), default);
        await worker.FinishAsync(await worker.NextCommandAsync(), 0);
        await run.WaitAsync(TestGate.Patience);
    }
}
