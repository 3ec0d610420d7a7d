using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost.Api;
using Quern.MasterHost.Listeners;
using Quern.Packaging.Planning;
using Quern.Peers.Branch;
using Quern.Peers.Buildbot;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>A second door of a farm, with bounds of its own.</summary>
internal sealed class BranchDoorway : IAsyncDisposable
{
    private readonly WorkerListener _listener;
    private readonly BranchAcceptor _acceptor;
    private readonly BranchBook _book;

    public BranchDoorway(BranchFarm farm, BranchOptions options, Func<IBranchGate, IBranchGate>? alter = null)
    {
        var services = farm.Master.Services;
        IBranchGate gate = services.GetRequiredService<BranchDoor>();
        gate = alter?.Invoke(gate) ?? gate;
        var builds = new BranchBuilds(services.GetRequiredService<RecipeBuilds>(), services.GetRequiredService<JobSubmitter>());
        var clients = new BranchClients();
        _book = new BranchBook(farm.Store, TimeProvider.System);
        var environments = services.GetRequiredService<BuildEnvironments>();
        var bots = new BranchBots(gate, farm.Store, farm.Master.Blobs, farm.Master.Pool, environments, options, TimeProvider.System);
        var desk = new BranchDesk(gate, builds, farm.Store, farm.Master.Logs, farm.Master.Blobs, farm.Master.Pool, environments, clients, bots, _book, options);
        _acceptor = new BranchAcceptor(gate, desk, clients, bots, options, TimeProvider.System);
        _listener = WorkerListener.Open(new IPEndPoint(IPAddress.Loopback, 0), _acceptor);
    }

    public Task<BranchPeer> ConnectAsync() => BranchPeer.ConnectAsync(_listener.EndPoint);

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _acceptor.Dispose();
        _book.Dispose();
    }
}
