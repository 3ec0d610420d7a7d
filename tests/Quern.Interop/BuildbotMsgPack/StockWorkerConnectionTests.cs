using Quern.Model;
using Quern.Peers.Buildbot;
using Xunit;

namespace Quern.Interop.BuildbotMsgPack;

/// <summary>An unmodified worker that comes, goes and comes back.</summary>
public sealed class StockWorkerConnectionTests
{
    [Fact]
    public async Task A_dropped_worker_comes_back_and_works()
    {
        await using var farm = new Farm();
        await using StockWorker worker = await StockWorker.StartAsync(farm.EndPoint, "farmer", Farm.Password);
        MessagePackLink first = await farm.NextLinkAsync();

        first.Close("dropped by the test");
        Assert.Equal("dropped by the test", await farm.NextEndAsync());
        MessagePackLink second = await farm.NextLinkAsync();
        CommandResult result = await second.RunAsync(new RemoteCommand.Shell { Script = "true" }, "slot-1", new Observer(), default)
            .WaitAsync(Farm.Patience);

        Assert.Equal(0, Assert.IsType<CommandResult.Ended>(result).ExitCode);
    }

    [Fact]
    public async Task A_worker_with_a_wrong_password_is_refused_and_tries_again()
    {
        await using var farm = new Farm();
        await using StockWorker worker = await StockWorker.StartAsync(farm.EndPoint, "farmer", "wrong-password");

        Assert.Equal("an unknown name or a wrong password", await farm.NextEndAsync());
        Assert.Equal("an unknown name or a wrong password", await farm.NextEndAsync());
        Assert.Contains("401", worker.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_killed_in_mid_command_loses_it_with_a_reason()
    {
        await using var farm = new Farm();
        await using StockWorker worker = await StockWorker.StartAsync(farm.EndPoint, "farmer", Farm.Password);
        MessagePackLink link = await farm.NextLinkAsync();
        var observer = new Observer();

        Task<CommandResult> run = link.RunAsync(
            new RemoteCommand.Shell { Script = "while true; do echo started; sleep 1; done" }, "slot-1", observer, default);
        await observer.Spoke.Task.WaitAsync(Farm.Patience);
        worker.Kill();

        Assert.NotEmpty(Assert.IsType<CommandResult.Lost>(await run.WaitAsync(Farm.Patience)).Reason);
        Assert.Contains("started", observer[OutputStream.Stdout], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_asked_to_end_leaves()
    {
        await using var farm = new Farm();
        await using StockWorker worker = await StockWorker.StartAsync(farm.EndPoint, "farmer", Farm.Password);
        MessagePackLink link = await farm.NextLinkAsync();

        await link.ShutdownAsync(default).WaitAsync(Farm.Patience);

        Assert.NotEmpty(await farm.NextEndAsync());
    }
}
