using System.Net;
using Quern.Peers.Buildbot;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>A listener on loopback with a gate and a registry.</summary>
internal sealed class TestFarm : IAsyncDisposable
{
    private readonly WorkerListener _listener;

    /// <param name="options">Null for the defaults.</param>
    /// <param name="time">Null for that of the machine.</param>
    public TestFarm(MessagePackOptions? options = null, TimeProvider? time = null)
    {
        var acceptor = new MessagePackAcceptor(Gate, Registry, options ?? new MessagePackOptions(), time ?? TimeProvider.System);
        _listener = WorkerListener.Open(new IPEndPoint(IPAddress.Loopback, 0), acceptor);
    }

    public TestGate Gate { get; } = new();

    public LinkRegistry Registry { get; } = new();

    public IPEndPoint EndPoint => _listener.EndPoint;

    public async Task<(ScriptedWorker Worker, MessagePackLink Link)> AttachAsync(string name = "farmer")
    {
        ScriptedWorker worker = await ScriptedWorker.AttachAsync(EndPoint, name).WaitAsync(TestGate.Patience);
        return (worker, await Gate.NextLinkAsync());
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
