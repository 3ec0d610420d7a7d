using Quern.Model;
using Quern.Peers.Buildbot;
using Xunit;

namespace Quern.Interop.BuildbotMsgPack;

/// <summary>A farm and a stock worker attached to it, shared by the tests that leave it in one piece.</summary>
public sealed class ConnectedWorker : IAsyncLifetime
{
    private Farm? _farm;
    private StockWorker? _worker;

    internal MessagePackLink Link { get; private set; } = null!;

    internal string BaseDirectory => _worker!.BaseDirectory;

    public async ValueTask InitializeAsync()
    {
        _farm = new Farm();
        _worker = await StockWorker.StartAsync(_farm.EndPoint, "farmer", Farm.Password);
        Link = await _farm.NextLinkAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        if (_farm is not null) await _farm.DisposeAsync();
    }

    internal Task<CommandResult> RunAsync(RemoteCommand command, Observer? observer = null, string place = "slot-1") =>
        Link.RunAsync(command, place, observer ?? new Observer(), default).WaitAsync(Farm.Patience);

    internal async Task<int> CodeOfAsync(RemoteCommand command, Observer? observer = null, string place = "slot-1") =>
        Assert.IsType<CommandResult.Ended>(await RunAsync(command, observer, place)).ExitCode;
}
