using Quern.Model;

namespace Quern.Interop.StockWorkers;

/// <summary>An unmodified worker that comes, goes and comes back.</summary>
public sealed class StockWorkerConnectionTests
{
    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task A_dropped_worker_comes_back_and_works(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using StockWorker worker = await farm.StartWorkerAsync();
        IWorkerLink first = await farm.NextLinkAsync();

        first.Close("dropped by the test");
        Assert.Equal("dropped by the test", await farm.NextEndAsync());
        IWorkerLink second = await farm.NextLinkAsync();
        CommandResult result = await second.RunAsync(new RemoteCommand.Shell { Script = "true" }, "slot-1", new Observer(), default)
            .WaitAsync(Farm.Patience);

        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(result).ExitCode);
    }

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task A_worker_with_a_wrong_password_is_refused_and_tries_again(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using StockWorker worker = await farm.StartWorkerAsync("wrong-password");

        Assert.Equal("an unknown name or a wrong password", await farm.NextEndAsync());
        Assert.Equal("an unknown name or a wrong password", await farm.NextEndAsync());
        Assert.Contains(protocol is WireProtocol.Perspective ? "unauthorized login" : "401", worker.Log, StringComparison.Ordinal);
    }

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task A_worker_killed_in_mid_command_loses_it_with_a_reason(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using StockWorker worker = await farm.StartWorkerAsync();
        IWorkerLink link = await farm.NextLinkAsync();
        var observer = new Observer();

        Task<CommandResult> run = link.RunAsync(
            new RemoteCommand.Shell { Script = "while true; do echo started; sleep 1; done" }, "slot-1", observer, default);
        await observer.Spoke.Task.WaitAsync(Farm.Patience);
        worker.Kill();

        Assert.NotEmpty(Assert.IsType<CommandResult.Lost>(await run.WaitAsync(Farm.Patience)).Reason);
        Assert.Contains("started", observer[OutputStream.Stdout], StringComparison.Ordinal);
    }

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task A_worker_asked_to_end_leaves(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using StockWorker worker = await farm.StartWorkerAsync();
        IWorkerLink link = await farm.NextLinkAsync();

        await link.ShutdownAsync(default).WaitAsync(Farm.Patience);

        Assert.NotEmpty(await farm.NextEndAsync());
    }
}
