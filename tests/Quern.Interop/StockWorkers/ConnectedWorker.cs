using Quern.Model;

namespace Quern.Interop.StockWorkers;

/// <summary>A farm and a stock worker attached to it, shared by the tests that leave it in one piece.</summary>
public abstract class ConnectedWorker(WireProtocol protocol) : IAsyncLifetime
{
    private Farm? _farm;
    private StockWorker? _worker;

    public WireProtocol Protocol => protocol;

    internal IWorkerLink Link { get; private set; } = null!;

    internal string BaseDirectory => _worker!.BaseDirectory;

    internal int ProcessId => _worker!.ProcessId;

    public async ValueTask InitializeAsync()
    {
        _farm = new Farm(protocol);
        _worker = await _farm.StartWorkerAsync();
        Link = await _farm.NextLinkAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        if (_farm is not null) await _farm.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal Task<CommandResult> RunAsync(
        RemoteCommand command, Observer? observer = null, string place = "slot-1", CancellationToken stop = default) =>
        Link.RunAsync(command, place, observer ?? new Observer(), stop).WaitAsync(Farm.Patience, CancellationToken.None);

    internal async Task<int> CodeOfAsync(RemoteCommand command, Observer? observer = null, string place = "slot-1") =>
        Assert.IsType<CommandResult.Ended>(await RunAsync(command, observer, place)).ExitCode;
}

/// <summary>Over Perspective Broker.</summary>
public sealed class ConnectedPerspectiveWorker() : ConnectedWorker(WireProtocol.Perspective);

/// <summary>Over MessagePack.</summary>
public sealed class ConnectedMessagePackWorker() : ConnectedWorker(WireProtocol.MessagePack);
