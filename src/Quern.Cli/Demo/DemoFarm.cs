using System.Collections.Immutable;
using System.Net;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Packaging.Roots;
using Quern.Packaging.Sources;
using Quern.WorkerHost;

namespace Quern.Cli.Demo;

/// <summary>The demo's own farm: a master in this process and one worker, embedded or stock.</summary>
internal sealed class DemoFarm : IAsyncDisposable
{
    private static readonly WorkerName Worker = new("demo");

    private readonly IAsyncDisposable? _worker;

    private DemoFarm(QuernMaster master, string workerProgram, IAsyncDisposable? worker)
    {
        Master = master;
        WorkerProgram = workerProgram;
        _worker = worker;
    }

    public QuernMaster Master { get; }

    /// <summary>What builds, for people.</summary>
    public string WorkerProgram { get; }

    public static async Task<DemoFarm> StartAsync(DemoOptions options, RootSettings root, TimeProvider time, CancellationToken cancellationToken)
    {
        string password = StockWorker.NewPassword();
        var started = await QuernMaster.StartAsync(
            new MasterOptions
            {
                DataFolder = options.DataFolder,
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Listen = options.StockWorker ? [new ListenerSetting(ListenerProtocols.BuildbotMessagePack, IPAddress.Loopback, 0)] : [],
                FetchProgram = [Environment.ProcessPath!, FetchProgram.Verb],
                Configuration = FarmConfiguration.Empty with
                {
                    Release = new EnvironmentSettings { Root = root, Isolation = options.Isolation },
                    Workers = options.StockWorker ? [new WorkerSetting(Worker, password, options.Slots, [])] : [],
                },
            },
            time, cancellationToken);
        if (started is MasterStart.Failed failed) throw new CommandFailedException(ExitCode.Failed, failed.Reason);
        var master = ((MasterStart.Running)started).Master;
        try
        {
            string folder = Path.Combine(options.DataFolder, options.StockWorker ? "stock-worker" : "worker");
            if (!options.StockWorker)
            {
                Directory.CreateDirectory(folder);
                master.Attach(new EmbeddedWorkerLink(Worker, folder, time), options.Slots);
                return new DemoFarm(master, "embedded worker", null);
            }
            int port = IPEndPoint.Parse(master.Listening.First(l => l.Protocol == ListenerProtocols.BuildbotMessagePack).EndPoint).Port;
            var worker = await StockWorker.StartAsync(folder, port, Worker.Value, password, cancellationToken);
            var link = await JoinedAsync(master, cancellationToken);
            return new DemoFarm(master, $"buildbot-worker {link.Description.Version}", worker);
        }
        catch
        {
            await master.DisposeAsync();
            throw;
        }
    }

    private static async Task<IWorkerLink> JoinedAsync(QuernMaster master, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            long sequence = master.Store.LastSequence;
            if (master.Pool.Find(Worker) is { } link) return link;
            try
            {
                await master.Store.WaitPastAsync(sequence, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new CommandFailedException(ExitCode.Failed, "The stock worker was started but did not join within 30 seconds; its twistd.log in the data folder says why.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null && Master.Pool.Find(Worker) is { } link) await link.ShutdownAsync(CancellationToken.None);
        if (_worker is not null) await _worker.DisposeAsync();
        await Master.DisposeAsync();
    }
}
