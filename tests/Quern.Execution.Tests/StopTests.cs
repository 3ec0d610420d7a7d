using System.Globalization;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

public sealed class StopTests(EngineFixture engine) : IClassFixture<EngineFixture>
{
    private async Task<RecordingChannel> InterruptedAsync(string script, string until, params (string, WireValue)[] arguments)
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var channel = new RecordingChannel
        {
            Said = (stream, text) =>
            {
                if (stream == "stdout" && text.Contains(until, StringComparison.Ordinal)) ready.TrySetResult();
            },
        };
        engine.Settings = WorkerSettings.Buildbot with { BufferTimeout = TimeSpan.FromMilliseconds(20) };
        var running = engine.Start("shell", channel, [("command", script), ("workdir", engine.PathOf("stop")), .. arguments]);
        await ready.Task.WaitAsync(EngineFixture.Patience);

        await running.InterruptAsync();
        await running.Completion.WaitAsync(EngineFixture.Patience);
        return channel;
    }

    private static bool Lives(int process) =>
        File.Exists($"/proc/{process}/stat") && ProcessEntry.TryRead(process) is { IsZombie: false };

    [Fact]
    public async Task An_interrupt_kills_and_leaves_out_elapsed()
    {
        var said = await InterruptedAsync("echo started; sleep 60", "started");

        Assert.Equal("header stdout header rc header", said.Sequence);
        Assert.Contains("\ncommand interrupted, attempting to kill\nprocess killed by signal 9\n", said.Text("header"), StringComparison.Ordinal);
        Assert.Equal(-1, said.ReturnCode);
        Assert.Null(said.Failure);
    }

    [Fact]
    public async Task A_program_that_handles_the_termination_signal_keeps_its_exit_code()
    {
        var said = await InterruptedAsync(
            "trap 'echo got TERM; exit 7' TERM; echo started; while true; do sleep 0.1; done", "started", ("sigtermTime", 20L));

        Assert.Equal(7, said.ReturnCode);
        Assert.Contains("got TERM\n", said.Text("stdout"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_ignores_the_termination_signal_is_killed_after_the_grace()
    {
        var said = await InterruptedAsync(
            "trap '' TERM; echo started; while true; do sleep 0.1; done", "started", ("sigtermTime", 1L));

        Assert.Equal(-1, said.ReturnCode);
        Assert.Contains("process killed by signal 9\n", said.Text("header"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("setsid sh -c 'trap \"\" TERM; echo escaped $$; while true; do sleep 0.1; done' & wait")]
    [InlineData("(setsid sh -c 'trap \"\" TERM; echo escaped $$; sleep 1000; sleep 1000' &) ; sleep 1000")]
    [InlineData("setsid env -u QUERN_COMMAND sh -c 'trap \"\" TERM; echo escaped $$; sleep 1000; sleep 1000' & wait")]
    public async Task The_whole_tree_dies_also_grandchildren_that_left_the_session_and_ignore_signals(string script)
    {
        var said = await InterruptedAsync(script, "escaped");

        int escaped = int.Parse(said.Text("stdout").Split(' ')[1].Trim(), CultureInfo.InvariantCulture);
        Assert.False(Lives(escaped));
        Assert.Equal(-1, said.ReturnCode);
    }

    [Fact]
    public async Task A_thousand_commands_leave_no_descriptor_behind()
    {
        await engine.ShellAsync(EngineFixture.List("true"));
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;

        for (int round = 0; round < 50; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => engine.ShellAsync(EngineFixture.List("true"))));
            Assert.All(results, r => Assert.Equal(0, r.ReturnCode));
        }

        // The tests beside this one have some of their own; a leak would be of a thousand or more.
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, before + 200);
    }

    [Fact]
    public async Task A_child_inherits_three_descriptors_and_no_more()
    {
        var others = Enumerable.Range(0, 8).Select(_ => engine.ShellAsync("sleep 0.5")).ToArray();

        var said = await engine.ShellAsync(EngineFixture.List("sh", "-c", "ls /proc/$$/fd"));

        await Task.WhenAll(others);
        Assert.Equal("0\n1\n2\n", said.Text("stdout").Replace("10\n", "", StringComparison.Ordinal));
    }
}
