using System.Collections.Immutable;
using System.Data.Common;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Access;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Agents;
using Quern.MasterHost.Agents.Deployment;
using Quern.MasterHost.Api;
using Quern.MasterHost.Configuration;
using Quern.MasterHost.Estate;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Packaging.Roots;
using Quern.Peers.Admin;
using Quern.Peers.Branch;
using Quern.Peers.Buildbot;
using Quern.Peers.Dispatch;
using Quern.Peers.Estate;
using Quern.Peers.Recipes;
using Quern.Peers.Secrets;
using Quern.Storage;

namespace Quern.MasterHost;

/// <summary>
/// A whole master: store, logs, artifacts, gate, listeners and HTTP on one data folder. Life: <see cref="StartAsync"/>, then
/// <see cref="Attach"/> for workers of the own process, <see cref="DisposeAsync"/> at the end.
/// </summary>
public sealed partial class QuernMaster : IAsyncDisposable
{
    /// <summary>Everything that must be ended, in the order it was begun; ended the other way round.</summary>
    private readonly List<Func<ValueTask>> _endings = [];

    private WebApplication? _http;
    private ListenerHost? _listeners;
    private AdminAcceptor? _admin;
    private WorkerListener? _main;
    private Gate? _gate;
    private AgentRoom? _agents;
    private bool _firstPasswordUsed;

    private QuernMaster() { }

    /// <summary>Where HTTP listens, with the port that was chosen when 0 was asked for.</summary>
    public IPEndPoint Http { get; private set; } = new(IPAddress.Loopback, 0);

    public FarmStore Store { get; private set; } = null!;

    public LogStore Logs { get; private set; } = null!;

    public BlobStore Blobs { get; private set; } = null!;

    /// <summary>Makes and keeps the template roots of this master's environments.</summary>
    public RootMaker Roots { get; private set; } = null!;

    public WorkerPool Pool => _gate!.Pool;

    /// <summary>The open listeners: protocol and address with the real port.</summary>
    public ImmutableArray<(string Protocol, string EndPoint)> Listening =>
        [.. _listeners!.Doors.Where(d => d.Port is not null && d.Port != _main).Select(d => (d.Wanted.Protocol, d.Port!.EndPoint.ToString()))];

    /// <summary>SHA-256 of the farm's own certificate, as hex, while a listener shows it; else null.</summary>
    public string? ShownCertificate => _listeners!.Doors.Any(d => d.Port is not null && d.Wanted.Tls.Kind == "farm") ? _listeners.Certificates.Farm.Sha256 : null;

    /// <summary>What the HTTP side is made of, for tests that look behind it.</summary>
    internal IServiceProvider Services => _http!.Services;

    /// <summary>Starts everything, or nothing.</summary>
    public static async Task<MasterStart> StartAsync(MasterOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var master = new QuernMaster();
        try
        {
            var (failure, newPassword) = await master.BeginAsync(options, time, cancellationToken);
            if (failure is null) return new MasterStart.Running(master, newPassword) { FirstPasswordUnused = options.FirstPassword is not null && !master._firstPasswordUsed };
            await master.DisposeAsync();
            return new MasterStart.Failed(failure);
        }
        catch
        {
            await master.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes in a worker that runs in this process.</summary>
    public void Attach(IWorkerLink link, int slots)
    {
        _gate!.Pool.SetSlots(link.Description.Name, slots);
        _gate.Attach(link);
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _endings.Count - 1; i >= 0; i--) await _endings[i]();
        _endings.Clear();
    }

    private async Task<(string? Failure, string? NewPassword)> BeginAsync(MasterOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var configuration = options.Configuration;

        // The ground: a folder that is ours alone, the database, logs and blobs.
        if (DataFolder.TryTake(options.DataFolder, out string why) is not { } folder) return (why, null);
        Finally(() => folder.Dispose());
        FarmStore store;
        try
        {
            var storing = new StoreOptions { Connection = configuration.Store ?? $"sqlite:{folder["farm.db"]}" };
            store = await FarmStore.OpenAsync(options.AlterStore?.Invoke(storing) ?? storing, time, cancellationToken);
        }
        catch (StoreVersionException e)
        {
            return ($"The data folder '{folder.Path}' cannot be used by this version: {e.Message}", null);
        }
        catch (DbException e)
        {
            return ($"The database of '{folder.Path}' cannot be opened: {e.Message}", null);
        }
        Finally(store.DisposeAsync);
        var logs = new LogStore(folder["logs"], time, new LogStoreOptions { MaxLogBytes = configuration.Limits.LogBytes });
        Finally(logs.DisposeAsync);
        var blobs = new BlobStore(folder["blobs"]);
        (Store, Logs, Blobs) = (store, logs, blobs);
        Roots = new RootMaker(folder["roots"], new BlobShelf(blobs, long.MaxValue), time);
        if (await FileOwnership.ApplyAsync(configuration, store, cancellationToken) is { } conflict) return (conflict, null);

        // Who may come in.
        await store.EnsureBuiltInRolesAsync(BuiltInRoles.All, Actor.Farm, cancellationToken);
        await store.ForgetOldTokensAsync(cancellationToken);
        var refusals = new RefusalBook(store, time);
        var tokens = new TokenBook(store, configuration.Accounts, time) { Refusals = refusals };
        var proofs = new ProofRule(configuration.Accounts.StepUp, time);
        var room = new AccountRoom(store, SecretVault.OfTotp(folder["keys"]), time);
        await OwnersKeys.EnsureTokenAsync(folder.Path, tokens, cancellationToken);
        if (FarmCertificate.Ensure(folder["keys"], time, out why) is not { } certificate) return (why, null);
        Finally(certificate.Dispose);
        var maintenance = new Maintenance(store);
        var door = new Doorkeeper(room, tokens, time, maintenance: maintenance);
        Finally(() => door.Dispose());

        // Ended after the gate: a gate that is stopping keeps its hands off the jobs whose links close, so they are not counted as lost.
        var usedByConnections = new List<IDisposable>();
        WorkerDoor? workerDoor = null;
        Finally(async () =>
        {
            if (_listeners is not null) await _listeners.DisposeAsync();
            if (_admin is not null) await _admin.DisposeAsync();
            if (_agents is not null) await _agents.DisposeAsync();
            if (workerDoor is not null) await workerDoor.DisposeAsync();
            foreach (var used in usedByConnections) used.Dispose();
        });

        // The gate: what runs jobs.
        var logging = LoggerFactory.Create(l => Logging(l, options.Verbose));
        Finally(() => logging.Dispose());
        var banner = new BannerDesk(store, tokens, refusals, maintenance, time, logging.CreateLogger<BannerDesk>());
        Finally(banner.DisposeAsync);
        await banner.StartAsync(cancellationToken);
        var paths = new MasterPaths(configuration.PlanFolders);
        var pool = new WorkerPool { RecipesToBots = configuration.Branch.Bots.TakeAllRecipes };
        var accounts = await store.ListWorkersAsync(cancellationToken);
        foreach (var account in accounts) pool.SetSlots(account.Name, account.Slots);
        foreach (var worker in configuration.Workers) pool.SetTags(worker.Name, worker.Tags);
        var runner = new PlanRunner(blobs, paths, new PlanRunnerOptions { MaxPackageBytes = configuration.Limits.PackageBytes }, time);
        var environments = new BuildEnvironments(configuration.Release, configuration.Cross);
        var secrets = new SecretFiles(configuration.Secrets);
        var gate = new GateOptions();
        _gate = new Gate(
            store, logs, pool, runner, Recipes(options, folder, store, blobs, Roots, environments, time), secrets, gate, time, logging.CreateLogger<Gate>());
        var workerVault = SecretVault.OfWorkers(folder["keys"]);
        var workers = workerDoor = new WorkerDoor(_gate, store, configuration.Workers, workerVault, time, logging.CreateLogger<WorkerDoor>());
        Finally(_gate.DisposeAsync);
        Finally(workers.Close);
        await _gate.StartAsync(cancellationToken);
        var retention = new LogRetention(store, logs, gate.Node, configuration.Retention, time, logging.CreateLogger<LogRetention>());
        Finally(retention.DisposeAsync);
        retention.Start();

        // The doors for workers.
        _agents = new AgentRoom(new AgentBook(store, time), _gate, workers, store, time, logging.CreateLogger<AgentRoom>());
        await _agents.StartAsync(cancellationToken);
        var upgrades = new AgentUpgrades(_agents, pool, store, blobs, time, logging.CreateLogger<AgentUpgrades>());
        Finally(upgrades.DisposeAsync);
        var agentDesk = new AgentDesk(store, _agents, SecretVault.OfAuthorities(folder["keys"]), time);
        var builds = new RecipeBuilds(store, environments, time);
        var submitter = new JobSubmitter(store, builds, paths, configuration.Limits, time);
        var branchDoor = new BranchDoor(configuration.Branch, _gate, workers, store, time, logging.CreateLogger<BranchDoor>());
        var book = new BranchBook(store, time);
        var (branch, desk) = Branch(options, branchDoor, new BranchBuilds(builds, submitter), store, logs, blobs, pool, environments, book, time);
        var leafOptions = new LeafOptions
        {
            Environments = configuration.Leaf.Environments,
            Architecture = configuration.Leaf.Architecture,
            PinnedUrls = configuration.Leaf.PinnedUrls,
        };
        var leafBook = new LeafBook(store, blobs, leafOptions);
        var webDoor = new BranchWebDoor(door, new LeafKeys(tokens, options.NewKey), room, configuration.Leaf, time);
        var web = new BranchWeb(webDoor, desk, leafBook, leafOptions);
        usedByConnections.AddRange([branch, book, leafBook, web]);
        var leaf = new LeafAnswers(web, blobs, configuration.Leaf, configuration.Branch, configuration.Limits, logging.CreateLogger<LeafAnswers>());
        var leafServer = new LeafServer(leaf, configuration.Limits, l => Logging(l, options.Verbose));
        Finally(leafServer.DisposeAsync);
        var pages = new InnerTransport();
        Finally(pages.DisposeAsync);
        var own = new OwnAccount(room, door, tokens);
        var estate = EstateDesks.Of(room, door, tokens, refusals, configuration.Accounts, group => _agents.Book.Agents.Count(a => a.Team == group), time);
        var certificates = new CertificateShelf(SecretVault.OfListeners(folder["keys"]), ServedCertificate.Of(certificate), time);
        _listeners = new ListenerHost(store, certificates, time, logging.CreateLogger<ListenerHost>());
        estate.Users.HandedOver = _listeners.RefreshOwnersAsync;
        var listenerDesk = new ListenerDesk(_listeners, store, configuration.File);
        var payloads = new AgentPayloads([folder["agents/payloads"], options.PayloadFolder]);
        var doors = options.AgentDoors ?? ListenerDoors.Of(listenerDesk, time);
        var agentBuilds = await AgentBuilds.OpenAsync(
            folder["agents/builds"], payloads, doors, agentDesk, new SshDeployer(folder["agents/builds"], time), store, refusals, time, logging.CreateLogger<AgentBuilds>(), cancellationToken);
        Finally(agentBuilds.DisposeAsync);
        var desks = new AdminDesks(new LoginDesk(door, tokens, own, maintenance, store, time), banner)
        {
            Users = estate.Users,
            Groups = estate.Groups,
            Roles = estate.Roles,
            Tokens = estate.Tokens,
            Audit = estate.Audit,
            Listeners = listenerDesk,
            Agents = agentDesk,
            Builds = agentBuilds,
        };
        _admin = new AdminAcceptor(
            desks, new AdminDoor(store, refusals, time, logging.CreateLogger<AdminDoor>()), await AdminOptionsAsync(configuration, store, cancellationToken), time);
        banner.SessionsEnded = _admin.RecheckAsync;
        _listeners.Speak(Acceptors(workers, _agents, branch, leafServer, pages, _admin, time));
        branchDoor.LeafDoor = () => _listeners.FirstPlain(ListenerProtocols.Leaf) ?? (configuration.Leaf.Share ? Http : null);
        var closed = await _listeners.OpenAllAsync(options.Listen, cancellationToken);
        if (!closed.IsEmpty) return (string.Join(Environment.NewLine, closed), null);
        // Agents get the addresses of the listeners that are open.
        agentBuilds.Start();

        // The desk: API and pages, last, because who is answered may rely on all the rest.
        var ready = new Readiness();
        var services = new ServiceCollection();
        services.AddSingleton(time).AddSingleton(store).AddSingleton(logs).AddSingleton(blobs).AddSingleton(tokens).AddSingleton(door)
            .AddSingleton(own).AddSingleton(refusals).AddSingleton(proofs).AddSingleton<ProofGate>().AddSingleton<IBannerDesk>(banner).AddEstate(estate)
            .AddSingleton(pool).AddSingleton(paths).AddSingleton(configuration.Limits).AddSingleton(environments).AddSingleton(ready)
            .AddSingleton<IListenerDesk>(listenerDesk).AddSingleton(branchDoor)
            .AddSingleton(configuration.Leaf).AddSingleton(leaf).AddSingleton(leafBook)
            .AddSingleton(new BuilderShelf(configuration.Builders)).AddSingleton<BuilderRuns>()
            .AddSingleton(builds).AddSingleton(submitter).AddSingleton<WhyAnswers>().AddSingleton<WorkerBook>().AddSingleton<WorkerSlots>()
            .AddSingleton(_ => new WorkerCredentials(store, workers, pool, workerVault))
            .AddSingleton(workers).AddSingleton(_agents).AddSingleton(upgrades).AddSingleton<IAgentDesk>(agentDesk)
            .AddSingleton(payloads).AddSingleton(new PayloadOffers(payloads, blobs)).AddSingleton(agentBuilds).AddSingleton<IAgentBuilds>(agentBuilds);
        _http = BuildHttp(options, services, pages);
        Finally(() => KestrelStop.EndAsync(_http));
        await _http.StartAsync(cancellationToken);
        string origin = options.Http.Equals(configuration.Http) ? "file" : "command";
        if (await _listeners.OpenMainAsync(options.Http, origin, cancellationToken) is { } problem) return (problem, null);
        _main = _listeners.Doors[^1].Port!;
        Http = _main.EndPoint;
        // Last: of a start that fails nobody is told a password.
        (string? newPassword, _firstPasswordUsed) = await FirstAccount.EnsureAsync(store, folder.Path, options.FirstPassword, cancellationToken);
        ready.Ready = true;
        return (null, newPassword);
    }

    private void Finally(Func<ValueTask> ending) => _endings.Add(ending);

    private void Finally(Action ending) => _endings.Add(() =>
    {
        ending();
        return ValueTask.CompletedTask;
    });
}
