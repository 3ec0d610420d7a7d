using Quern.Model;
using Quern.Peers.Buildbot;

namespace Quern.Interop.StockWorkers;

/// <summary>
/// A stock worker whose event loop stands still. The rule is the one of 90 s and 120 s in the defaults, with shorter times;
/// the real ones run by night.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class StockWorkerSilenceTests
{
    private static WorkerLinkOptions Short(WorkerLinkOptions options) => options with
    {
        KeepaliveInterval = TimeSpan.FromSeconds(1),
        AnswerPatience = TimeSpan.FromSeconds(20),
    };

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public Task A_worker_that_is_silent_for_less_than_the_patience_keeps_its_job(WireProtocol protocol) =>
        KeepsItsJobAsync(protocol, Short, TimeSpan.FromSeconds(5));

    [Theory(Explicit = true), InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    [Trait("Run", "nightly")]
    public Task A_worker_that_is_silent_for_90_s_keeps_its_job(WireProtocol protocol) =>
        KeepsItsJobAsync(protocol, null, TimeSpan.FromSeconds(90));

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task A_worker_that_is_silent_for_longer_is_given_up_with_the_reason(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol, options => Short(options) with { AnswerPatience = TimeSpan.FromSeconds(4) });
        await using StockWorker worker = await farm.StartWorkerAsync();
        IWorkerLink link = await farm.NextLinkAsync();
        var observer = new Observer();
        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "echo started; sleep 60" }, "slot-1", observer, default);
        await observer.Spoke.Task.WaitAsync(Farm.Patience);

        await worker.StopAsync();
        var result = await run.WaitAsync(Farm.Patience);

        Assert.Contains("has said nothing for", Assert.IsType<CommandResult.Lost>(result).Reason, StringComparison.Ordinal);
    }

    private static async Task KeepsItsJobAsync(
        WireProtocol protocol, Func<WorkerLinkOptions, WorkerLinkOptions>? adjust, TimeSpan silence)
    {
        await using var farm = new Farm(protocol, adjust);
        await using StockWorker worker = await farm.StartWorkerAsync();
        IWorkerLink link = await farm.NextLinkAsync();
        var observer = new Observer();
        Task<CommandResult> run = link.RunAsync(new RemoteCommand.Shell { Script = "echo started; sleep 2; echo ended" }, "slot-1", observer, default);
        await observer.Spoke.Task.WaitAsync(Farm.Patience);

        await worker.StopAsync();
        // Real time must pass here: the silence of a real process is what is tested.
        Task first = await Task.WhenAny(link.Closed, Task.Delay(silence, TimeProvider.System));
        Assert.NotSame(link.Closed, first);
        await worker.ContinueAsync();
        var result = await run.WaitAsync(Farm.Patience);

        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(result).ExitCode);
        Assert.Contains("ended", observer[OutputStream.Stdout], StringComparison.Ordinal);
        Assert.False(link.Closed.IsCompleted);
    }
}
