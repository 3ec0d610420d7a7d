using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

public sealed class MessagePackLinkTests
{
    [Fact]
    public async Task A_shell_command_is_sent_with_the_arguments_of_real_masters_in_their_order()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;
        var shell = new RemoteCommand.Shell { Command = ["make", "all"], WorkingDirectory = "build", Timeout = TimeSpan.FromSeconds(90) };

        Task<CommandResult> run = link.RunAsync(shell, "slot-1", new RecordingObserver(), default);
        BuildbotMessage.StartCommand start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        await FinishAsync(worker, start.CommandId, 0);
        await run.WaitAsync(TestGate.Patience);

        Assert.Equal("shell", start.CommandName);
        Assert.Equal(
            ["workdir", "env", "want_stdout", "want_stderr", "logfiles", "timeout", "maxTime", "sigtermTime", "usePTY",
                "logEnviron", "initial_stdin", "interruptSignal", "command"],
            start.Arguments.Entries.Select(pair => pair.Key));
        Assert.Equal((WireValue)"/srv/worker/slot-1/build", start.Arguments["workdir"]);
        Assert.Equal((WireValue)90L, start.Arguments["maxTime"]);
        Assert.Equal(new WireValue.List(["make", "all"]), start.Arguments["command"]);
    }

    [Fact]
    public async Task Output_arrives_in_order_and_is_answered_after_it_was_taken()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;
        var gate = new TaskCompletionSource();
        var observer = new RecordingObserver { BeforeOutput = () => new ValueTask(gate.Task) };

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", observer, default);
        BuildbotMessage.StartCommand start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        await worker.UpdateAsync(start.CommandId, Text("stdout", "one\n"), Text("stderr", "two\n"));
        await worker.UpdateAsync(start.CommandId, new UpdateEntry.ReturnCode(3), Text("header", "three"));
        await worker.SendAsync(n => new BuildbotMessage.Complete(n, start.CommandId, ""));
        Assert.Equal("", observer.Text);
        gate.SetResult();

        Assert.Equal(3, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
        Assert.Equal("Stdout:one\nStderr:two\nHeader:three\n", observer.Text);
    }

    [Fact]
    public async Task A_slow_observer_does_not_hold_up_another_command()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;
        var never = new TaskCompletionSource();
        var slow = new RecordingObserver { BeforeOutput = () => new ValueTask(never.Task) };

        Task<CommandResult> first = link.RunAsync(new RemoteCommand.Shell { Script = "a" }, "slot-1", slow, default);
        BuildbotMessage.StartCommand one = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        for (int i = 0; i < 40; i++) await worker.UpdateAsync(one.CommandId, Text("stdout", new string('x', 65536) + "\n"));
        Task<CommandResult> second = link.RunAsync(new RemoteCommand.Shell { Script = "b" }, "slot-2", new RecordingObserver(), default);
        BuildbotMessage.StartCommand two = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        await FinishAsync(worker, two.CommandId, 0);

        Assert.IsType<CommandResult.Ended>(await second.WaitAsync(TestGate.Patience));
        Assert.False(first.IsCompleted);
        never.SetResult();
        link.Close("the test is over");
        Assert.Equal("the test is over", Assert.IsType<CommandResult.Lost>(await first.WaitAsync(TestGate.Patience)).Reason);
        Assert.Equal(40, slow.Text.Split('\n').Length - 1);
    }

    [Fact]
    public async Task A_failed_upload_is_never_called_whole()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;
        var observer = new RecordingObserver();

        Task<CommandResult> run = link.RunAsync(
            new RemoteCommand.UploadFile("missing", new MasterTarget.Package()), "slot-1", observer, default);
        BuildbotMessage.StartCommand start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        await worker.SendAsync(n => new BuildbotMessage.UploadFileClose(n, start.CommandId));
        await FinishAsync(worker, start.CommandId, 1);

        Assert.Equal(1, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
        Assert.Equal(0, observer.Closes);
    }

    [Fact]
    public async Task An_upload_beyond_its_limit_is_refused()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;
        var observer = new RecordingObserver();
        var upload = new RemoteCommand.UploadFile("big", new MasterTarget.Package()) { MaxBytes = 10 };

        Task<CommandResult> run = link.RunAsync(upload, "slot-1", observer, default);
        BuildbotMessage.StartCommand start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        long number = await worker.SendAsync(n => new BuildbotMessage.UploadFileWrite(n, start.CommandId, new byte[11]));
        Assert.True((await worker.AnswerToAsync(number)).IsException);
        await FinishAsync(worker, start.CommandId, 1);

        CommandResult.Refused refused = Assert.IsType<CommandResult.Refused>(await run.WaitAsync(TestGate.Patience));
        Assert.Contains("larger than 10 bytes", refused.Reason, StringComparison.Ordinal);
        Assert.Empty(observer.Written);
    }

    [Fact]
    public async Task A_download_is_answered_with_the_bytes_and_not_with_nil_as_real_masters_do()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;
        byte[] content = "content"u8.ToArray();

        Task<CommandResult> run = link.RunAsync(
            new RemoteCommand.DownloadFile(new MasterSource.Text("content"), "f"), "slot-1", new RecordingObserver(content), default);
        BuildbotMessage.StartCommand start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        var answers = new List<WireValue>();
        for (int i = 0; i < 3; i++)
            answers.Add((await worker.AnswerToAsync(
                await worker.SendAsync(n => new BuildbotMessage.ReadFile(n, start.CommandId, 5)))).Result);
        await FinishAsync(worker, start.CommandId, 0);
        await run.WaitAsync(TestGate.Patience);

        Assert.Equal(
            [new WireValue.Binary("conte"u8.ToArray()), new WireValue.Binary("nt"u8.ToArray()), new WireValue.Binary(default)],
            answers);
    }

    [Fact]
    public async Task A_stop_is_sent_to_the_worker_whose_last_word_counts()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;
        using var stop = new CancellationTokenSource();

        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "x" }, "slot-1", new RecordingObserver(), stop.Token);
        BuildbotMessage.StartCommand start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        await stop.CancelAsync();
        BuildbotMessage.InterruptCommand interrupt = await worker.ReceiveAsync<BuildbotMessage.InterruptCommand>();
        await FinishAsync(worker, start.CommandId, -1);

        Assert.Equal(start.CommandId, interrupt.CommandId);
        Assert.Equal(-1, Assert.IsType<CommandResult.Ended>(await run.WaitAsync(TestGate.Patience)).ExitCode);
    }

    [Fact]
    public async Task A_refused_start_and_a_failure_are_the_workers_refusal()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;

        Task<CommandResult> refused = link.RunAsync(new RemoteCommand.Stat("x"), "slot-1", new RecordingObserver(), default);
        BuildbotMessage.StartCommand start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        await worker.SendAsync(_ => new BuildbotMessage.Response(start.SequenceNumber, "no such command", IsException: true));
        Task<CommandResult> failed = link.RunAsync(new RemoteCommand.Stat("x"), "slot-1", new RecordingObserver(), default);
        start = await worker.ReceiveAsync<BuildbotMessage.StartCommand>();
        await worker.SendAsync(n => new BuildbotMessage.Complete(n, start.CommandId, "[Failure instance]"));

        Assert.Equal(new CommandResult.Refused("no such command"), await refused.WaitAsync(TestGate.Patience));
        Assert.Equal(new CommandResult.Refused("[Failure instance]"), await failed.WaitAsync(TestGate.Patience));
    }

    [Fact]
    public async Task The_newest_connection_of_a_name_wins()
    {
        await using var farm = new TestFarm();
        (ScriptedWorker first, MessagePackLink older) = await farm.AttachAsync();
        await using ScriptedWorker owned = first;

        (ScriptedWorker second, MessagePackLink newer) = await farm.AttachAsync();
        await using ScriptedWorker alsoOwned = second;

        Assert.Equal("a newer connection of the same name took its place", await older.Closed.WaitAsync(TestGate.Patience));
        Assert.Same(newer, farm.Registry.Find(new WorkerName("farmer")));
        Assert.Equal([newer], farm.Registry.Links);
    }

    [Theory]
    [InlineData(59, false, false, SilenceVerdict.Wait)]
    [InlineData(60, false, false, SilenceVerdict.Ask)]
    [InlineData(150, true, false, SilenceVerdict.Wait)]
    [InlineData(180, true, false, SilenceVerdict.GiveUp)]
    [InlineData(600, true, true, SilenceVerdict.Wait)]
    [InlineData(660, true, true, SilenceVerdict.GiveUp)]
    internal void Silence_counts_sooner_when_nothing_runs_that_makes_a_worker_deaf(
        int seconds, bool asked, bool busy, SilenceVerdict verdict) =>
        Assert.Equal(verdict, SilenceRule.Judge(TimeSpan.FromSeconds(seconds), asked, busy, new MessagePackOptions()));

    [Fact]
    public async Task A_worker_that_answers_no_keepalive_loses_its_link()
    {
        await using var farm = new TestFarm(new MessagePackOptions
        {
            KeepaliveInterval = TimeSpan.FromMilliseconds(100),
            AnswerPatience = TimeSpan.FromMilliseconds(100),
        });
        (ScriptedWorker worker, MessagePackLink link) = await farm.AttachAsync();
        await using ScriptedWorker owned = worker;

        await worker.ReceiveAsync<BuildbotMessage.Keepalive>();

        Assert.StartsWith("the worker has said nothing for", await link.Closed.WaitAsync(TestGate.Patience), StringComparison.Ordinal);
    }

    [Fact, Trait("CWE", "400")]
    public async Task A_worker_that_drips_a_message_is_as_good_as_silent()
    {
        var time = new ManualTimeProvider();
        using var socket = new SteppedSocket();
        await using var connection = new MessagePackConnection(socket, time, 1 << 20, new Complaints(new TestGate(), "here"));
        connection.Start();
        await socket.AskedAsync();

        for (int second = 0; second < 60; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await socket.GiveAsync([0]);
        }

        Assert.Equal(TimeSpan.FromSeconds(60), connection.Silence);
        await socket.GiveAsync(new byte[1024]);
        Assert.Equal(TimeSpan.Zero, connection.Silence);
    }

    private static UpdateEntry.Text Text(string stream, string text) =>
        new(stream, "", Encoding.UTF8.GetBytes(text), default, new[] { 1.0 });

    private static async Task FinishAsync(ScriptedWorker worker, string id, int code)
    {
        await worker.UpdateAsync(id, new UpdateEntry.ReturnCode(code));
        await worker.SendAsync(n => new BuildbotMessage.Complete(n, id, null));
    }
}
