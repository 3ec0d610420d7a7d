using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Quern.MasterHost.Agents;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;
using Quern.WorkerHost;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>A master with doors for agents, and agents of this process: the whole way from a key to a job.</summary>
internal sealed class AgentYard : IAsyncDisposable
{
    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(1);

    private readonly ScratchFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _agents = [];
    private readonly X509Certificate2 _certificate = TlsDoor.NewCertificate();
    private TlsDoor _admin = null!;
    private TlsDoor _work = null!;

    private AgentYard() { }

    public AgentFarm Farm { get; private set; } = null!;

    public AdminDoor Admin { get; private set; } = null!;

    public string State => _folder["agent"];

    /// <summary>What agents said, in order.</summary>
    public List<string> Log { get; } = [];

    public static async Task<AgentYard> StartAsync()
    {
        var yard = new AgentYard { Farm = await AgentFarm.StartAsync(TimeProvider.System) };
        yard.Admin = new AdminDoor(yard.Farm.Desk);
        yard._admin = new TlsDoor(yard._certificate, yard.Admin.ServeAsync);
        var acceptor = new MessagePackAcceptor(
            yard.Farm.Master.Get<WorkerDoor>(), new LinkRegistry(), new MessagePackOptions(), TimeProvider.System, yard.Farm.Master.Get<AgentRoom>());
        yard._work = new TlsDoor(yard._certificate, acceptor.ServeAsync);
        return yard;
    }

    /// <summary>The configuration of an agent, as one is made with.</summary>
    public string Configure(string key, string? spki = null, string name = "mill")
    {
        string path = _folder[$"{Guid.NewGuid()}.json"];
        File.WriteAllText(path, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["version"] = 1,
            ["group"] = AgentFarm.Group,
            ["farm"] = new[] { $"127.0.0.1:{_admin.Port}" },
            ["masters"] = new[] { $"wss://127.0.0.1:{_work.Port}" },
            ["protocol"] = "buildbot-msgpack",
            ["spki"] = new[] { spki ?? TlsDoor.SpkiOf(_certificate) },
            ["key"] = key,
            ["keyExpires"] = "2061-07-28T00:00:00Z",
            ["tags"] = Array.Empty<string>(),
            ["slots"] = 1,
            ["name"] = name,
        }));
        return path;
    }

    /// <summary>Runs an agent on the folder <see cref="State"/>; its exit code when it ends.</summary>
    public Task<int> Run(string configuration, TimeProvider? time = null, CancellationToken stop = default)
    {
        var read = WorkerHost.AgentConfiguration.Read(configuration, out string problem);
        Assert.Equal("", problem);
        var agent = new Agent(read!, new AgentFolder(State), time ?? TimeProvider.System, line =>
        {
            lock (Log) Log.Add(line);
        });
        var running = RunAsync(agent, stop);
        _agents.Add(running);
        return running;
    }

    /// <summary>The link of a worker of this name, once it is here.</summary>
    public async Task<IWorkerLink> LinkAsync(string name = "mill", IWorkerLink? other = null)
    {
        var pool = Farm.Master.Master.Pool;
        return (await UntilAsync(() => pool.Find(new WorkerName(name)) is { } link && link != other ? link : null))!;
    }

    /// <summary>Waits for events of the journal until there is an answer.</summary>
    public async Task<T> UntilAsync<T>(Func<T?> look) where T : class
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            long seen = Farm.Store.LastSequence;
            if (look() is { } found) return found;
            await Farm.Store.WaitPastAsync(seen, patience.Token).WaitAsync(patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_agents).WaitAsync(Patience);
        await _admin.DisposeAsync();
        await _work.DisposeAsync();
        await Farm.DisposeAsync();
        _certificate.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    private async Task<int> RunAsync(Agent agent, CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, _stop.Token);
        return await Task.Run(() => agent.RunAsync(both.Token), CancellationToken.None);
    }
}
