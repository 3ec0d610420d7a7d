using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Threading.Channels;
using Quern.Execution;
using Quern.MasterHost.Agents;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Protocols.Buildbot;
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

    /// <summary>Where agents work.</summary>
    public int WorkPort => _work.Port;

    public X509Certificate2 Certificate => _certificate;

    /// <summary>What agents say.</summary>
    private readonly Channel<string> _log = Channel.CreateUnbounded<string>();   // as much as one test says

    public static async Task<AgentYard> StartAsync()
    {
        var yard = new AgentYard { Farm = await AgentFarm.StartAsync(TimeProvider.System) };
        yard.Admin = new AdminDoor(yard.Farm.Desk);
        yard._admin = new TlsDoor(yard._certificate, yard.Admin.ServeAsync);
        var acceptor = new MessagePackAcceptor(
            yard.Farm.Master.Get<WorkerDoor>(), new LinkRegistry(), new MessagePackOptions { Revisions = [BuildbotRevision.V7, BuildbotRevision.V1] }, TimeProvider.System, yard.Farm.Master.Get<AgentRoom>());
        yard._work = new TlsDoor(yard._certificate, acceptor.ServeAsync);
        return yard;
    }

    /// <summary>The configuration of an agent, as one is made with.</summary>
    public string Configure(string key, string? spki = null, string name = "mill", int admin = 0, int work = 0)
    {
        string path = _folder[$"{Guid.NewGuid()}.json"];
        File.WriteAllText(path, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["version"] = 1,
            ["group"] = AgentFarm.Group,
            ["farm"] = new[] { $"127.0.0.1:{(admin > 0 ? admin : _admin.Port)}" },
            ["masters"] = new[] { $"wss://127.0.0.1:{(work > 0 ? work : _work.Port)}" },
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
        var agent = new Agent(read!, new AgentFolder(State), time ?? TimeProvider.System, line => _log.Writer.TryWrite(line));
        var running = RunAsync(agent, stop);
        _agents.Add(running);
        return running;
    }

    /// <summary>The program itself, in a process of its own, as an agent on the folder <see cref="State"/>.</summary>
    public RunningProgram Start(string configuration, string? program = null) => new(program ?? Program, "agent", "run", "--config", configuration, "--state", State);

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "quern-worker");

    /// <summary>A program of this machine, and no script, that becomes the program itself.</summary>
    public byte[] Compile()
    {
        string source = _folder["becomes.c"], program = _folder["becomes"];
        File.WriteAllText(source, $"#include <unistd.h>\nint main(int count, char **words) {{ (void)count; execv(\"{Program}\", words); return 1; }}\n");
        using var compiler = System.Diagnostics.Process.Start("gcc", ["-o", program, source]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return File.ReadAllBytes(program);
    }

    /// <summary>Puts a program into the folder that agents are made of.</summary>
    public void PutPayload(string rid, byte[] program)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PayloadFile(rid))!);
        File.WriteAllBytes(PayloadFile(rid), program);
    }

    public string PayloadFile(string rid) => Path.Combine(Farm.Master.Folder, "agents", "payloads", rid, "quern-worker");

    /// <summary>A file that is run as a program would be.</summary>
    public string Script(string text)
    {
        string path = _folder[$"{Guid.NewGuid()}.sh"];
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>The next line of an agent that has the text.</summary>
    public async Task<string> SaidAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            string line = await _log.Reader.ReadAsync(patience.Token);
            if (line.Contains(text, StringComparison.Ordinal)) return line;
        }
    }

    /// <summary>A plain worker that shows the certificate of an agent, whatever it calls itself.</summary>
    /// <param name="runs">What it says it runs as; null for one that does not say.</param>
    public void RunWorker(X509Certificate2 certificate, string name, MasterProtocol protocol = MasterProtocol.MessagePack, OwnProgram? runs = null)
    {
        string file = _folder[$"{Guid.NewGuid()}.pem"], folder = _folder[$"{Guid.NewGuid()}"];
        File.WriteAllText(file, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n" + certificate.ExportCertificatePem() + "\n");
        var endpoint = new ClientEndpoint.Tls(new ClientEndpoint.Tcp("127.0.0.1", WorkPort), "127.0.0.1", Certificate: file)
        {
            Pins = [CertificatePin.TryParse(TlsDoor.SpkiOf(_certificate))!],
        };
        _agents.Add(Task.Run(async () =>
        {
            using var claim = FolderClaim.TryTake(folder, out string _)!;
            var options = new WorkerOptions { Master = new MasterAddress(protocol, endpoint, "farm", "/"), Name = new WorkerName(name), BaseDirectory = folder };
            var part = runs is null ? null : new AgentPart(_ => Task.FromResult(false), () => { }, runs);
            return await new Worker(options, claim, "a wrong password", TimeProvider.System, line => _log.Writer.TryWrite(line), agent: part).RunAsync(_stop.Token);
        }));
    }

    /// <summary>The link of a worker of this name, once it is here.</summary>
    public async Task<IWorkerLink> LinkAsync(string name = "mill", IWorkerLink? other = null)
    {
        var pool = Farm.Master.Master.Pool;
        return (await UntilAsync(() => pool.Find(new WorkerName(name)) is { } link && link != other ? link : null))!;
    }

    /// <summary>Waits for events of the journal until there is an answer.</summary>
    public Task<T> UntilAsync<T>(Func<T?> look) where T : class => UntilAsync(() => Task.FromResult(look()));

    public async Task<T> UntilAsync<T>(Func<Task<T?>> look) where T : class
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            long seen = Farm.Store.LastSequence;
            if (await look() is { } found) return found;
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
