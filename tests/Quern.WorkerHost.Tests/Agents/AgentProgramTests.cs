using System.Net.Sockets;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Agents;

/// <summary>The program <c>quern-worker agent</c>, and that other workers do not pay for it.</summary>
public sealed class AgentProgramTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "quern-worker");

    [Fact]
    public async Task A_worker_that_is_no_agent_loads_nothing_of_what_agents_need()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["pw"], "pw\n", TestContext.Current.CancellationToken);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var master = new LoopbackPeer(async (NetworkStream stream, CancellationToken token) =>
        {
            await stream.ReadExactlyAsync(new byte[16], token);
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        });
        await using var worker = new RunningProgram(Program, "--master", $"ws://127.0.0.1:{master.Port}", "--name", "w", "--password-file", folder["pw"], "--dir", folder["dir"]);
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        string loaded = await File.ReadAllTextAsync($"/proc/{worker.Id}/maps", TestContext.Current.CancellationToken);

        Assert.Contains("Quern.Protocols.Buildbot", loaded, StringComparison.Ordinal);
        foreach (string library in (string[])["Google.Protobuf", "Quern.Protocols.Admin", "System.Text.Json"]) Assert.DoesNotContain(library, loaded, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("agent", "dance", "--state", "x")]
    [InlineData("agent", "run", "--state", "x")]
    [InlineData("agent", "run", "--state")]
    [InlineData("agent", "run", "--config", "/nonexistent/agent.json", "--state", "/nonexistent/state")]
    [InlineData("agent", "status", "--config", "x")]
    [InlineData("agent", "status")]
    public async Task A_command_line_that_makes_no_sense_is_refused(params string[] words)
    {
        await using var program = new RunningProgram(Program, words);

        Assert.Equal(2, await program.ExitCodeAsync().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
    }
}
