using System.Diagnostics;
using System.Globalization;
using Quern.Interop.StockWorkers;
using Quern.Interop.WholeRoad;
using Quern.Model;
using Quern.Testing;

namespace Quern.Interop.OwnWorkers;

/// <summary>The program <c>quern-worker</c> on Quern's own listeners, on bad days.</summary>
public sealed class OwnWorkerTests : IDisposable
{
    private const int GaveUp = 3;

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private OwnWorker Start(Farm farm, string password = Farm.Password, params string[] more) => OwnWorker.Start(
        farm.EndPoint, "farmer", password, _folder["worker"], farm.Protocol is WireProtocol.Perspective ? "pb" : "ws",
        farm.Protocol is WireProtocol.MessagePackV1 ? ["--revision", "v1", .. more] : more);

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack), InlineData(WireProtocol.MessagePackV1)]
    public async Task A_wrong_password_is_tried_as_often_as_the_worker_was_told(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using var worker = Start(farm, "wrong-password", "--maxretries", "2");

        Assert.Equal(GaveUp, await worker.EndAsync(Farm.Patience));
        Assert.Equal("an unknown name or a wrong password", await farm.NextEndAsync());
        Assert.Equal("an unknown name or a wrong password", await farm.NextEndAsync());
    }

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task The_program_quern_joins_with_the_same_options(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        string scheme = protocol is WireProtocol.Perspective ? "pb" : "ws";
        await using var worker = OwnWorker.StartAsQuern(farm.EndPoint, "farmer", Farm.Password, _folder["worker"], scheme);
        var link = await farm.NextLinkAsync();

        // Nobody listens on port 1: a worker that did not ask its proxy would be let in.
        await using var lost = OwnWorker.StartAsQuern(
            farm.EndPoint, "farmer", Farm.Password, _folder["lost"], scheme, "--maxretries", "1", "--proxy-connection-string", "tcp:127.0.0.1:1");

        Assert.Equal(GaveUp, await lost.EndAsync(Farm.Patience));
        Assert.False(link.Closed.IsCompleted);
    }

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task A_worker_that_its_master_sends_home_ends_with_0(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using var worker = Start(farm);
        var link = await farm.NextLinkAsync();

        await link.ShutdownAsync(default).WaitAsync(Farm.Patience);

        Assert.Equal(0, await worker.EndAsync(Farm.Patience));
        Assert.NotEmpty(await farm.NextEndAsync());
    }

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack), InlineData(WireProtocol.MessagePackV1)]
    public async Task A_worker_whose_master_vanishes_ends_its_command_and_comes_back(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using var worker = Start(farm);
        var (link, run, process) = await RunAsync(farm);
        using var ended = process;

        link.Close("dropped by the test");
        var again = await farm.NextLinkAsync();

        Assert.IsType<CommandResult.Lost>(await run.WaitAsync(Farm.Patience));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Farm.Patience, TestContext.Current.CancellationToken);
        var result = await again.RunAsync(new RemoteCommand.Shell { Script = "exit 5" }, "slot-1", new Observer(), default).WaitAsync(Farm.Patience);
        Assert.Equal(5, Assert.IsType<CommandResult.Ended>(result).ExitCode);
    }

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack), InlineData(WireProtocol.MessagePackV1)]
    public async Task A_worker_that_is_terminated_ends_its_command_first(WireProtocol protocol)
    {
        await using var farm = new Farm(protocol);
        await using var worker = Start(farm);
        var (_, run, process) = await RunAsync(farm);
        using var ended = process;

        await worker.TerminateAsync();

        Assert.Equal(0, await worker.EndAsync(Farm.Patience));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Farm.Patience, TestContext.Current.CancellationToken);
        Assert.IsType<CommandResult.Lost>(await run.WaitAsync(Farm.Patience));
    }

    /// <summary>A command that would run for long, and its process.</summary>
    private static async Task<(IWorkerLink Link, Task<CommandResult> Run, Process Process)> RunAsync(Farm farm)
    {
        var link = await farm.NextLinkAsync();
        var observer = new Observer();
        var run = link.RunAsync(new RemoteCommand.Shell { Script = "echo $$; exec sleep 1000" }, "slot-1", observer, default);
        await observer.Spoke.Task.WaitAsync(Farm.Patience);
        return (link, run, Process.GetProcessById(int.Parse(observer[OutputStream.Stdout], CultureInfo.InvariantCulture)));
    }
}
