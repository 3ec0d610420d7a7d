using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Peers.Branch;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>A whole master with a listener for Branch clients, and with what a test needs to bring its jobs forward.</summary>
internal sealed class BranchFarm : IAsyncDisposable
{
    private readonly ScratchFolder _folder;

    private readonly MasterOptions _options;

    private BranchFarm(ScratchFolder folder, MasterOptions options, QuernMaster master) => (_folder, _options, Master) = (folder, options, master);

    public QuernMaster Master { get; private set; }

    public FarmStore Store => Master.Store;

    public IPEndPoint EndPoint => IPEndPoint.Parse(Master.Listening.Single(l => l.Protocol == ListenerProtocols.Branch).EndPoint);

    public string BlobFolder => Path.Combine(_folder.Path, "blobs");

    public static BranchSettings Keys { get; } = new()
    {
        Keys = [new BranchKeySetting("default", "controllers"), new BranchKeySetting("eyes", "readers"), new BranchKeySetting("hands", "bots")],
        Groups = [new BranchGroupSetting("readers", ["recipe:read", "job:read"])],
        RealRootPackages = ["glibc"],
        PackageListUrl = "http://10.0.0.1:8080/?get=packagelist",
        Bots = new BranchBotSettings { Groups = ["bots"], Tags = ["branch"] },
    };

    /// <param name="cross">Whether cross builds are on; release builds are.</param>
    public static async Task<BranchFarm> StartAsync(bool cross = true, BranchSettings? branch = null, bool release = true, Func<BranchOptions, BranchOptions>? alter = null)
    {
        var folder = new ScratchFolder();
        var options = new MasterOptions
        {
            DataFolder = folder.Path,
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            Listen = [new ListenerSetting(ListenerProtocols.Branch, IPAddress.Loopback, 0)],
            FirstPassword = "open sesame",
            FetchProgram = ["/bin/false"],
            AlterBranch = alter,
            Configuration = FarmConfiguration.Empty with
            {
                Release = release ? new EnvironmentSettings { Isolation = Isolation.Host } : null,
                Cross = cross ? new EnvironmentSettings { Isolation = Isolation.Host, Target = "aarch64-linux-gnu" } : null,
                Branch = branch ?? Keys,
            },
        };
        return new BranchFarm(folder, options, await StartAsync(options));
    }

    /// <summary>Ends the master and starts another on the same folder.</summary>
    public async Task RestartAsync()
    {
        await Master.DisposeAsync();
        Master = await StartAsync(_options);
    }

    private static async Task<QuernMaster> StartAsync(MasterOptions options) =>
        Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options, TimeProvider.System, CancellationToken.None)).Master;

    /// <summary>A client of the HTTP API with the owner's token.</summary>
    public HttpClient HttpClient()
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://{Master.Http}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(Path.Combine(_folder.Path, "token")).Trim());
        return client;
    }

    public Task<BranchPeer> ConnectAsync() => BranchPeer.ConnectAsync(EndPoint);

    public async Task<BranchPeer> V2Async(string key = "default", string name = "dev1", int version = 1)
    {
        var peer = await ConnectAsync();
        Assert.Equal(200, (int)(await peer.LogOnAsync(key, name, version))["statuscode"]!);
        return peer;
    }

    public async Task<BranchPeer> V1Async(string key = "default", string name = "dev1")
    {
        var peer = await ConnectAsync();
        await peer.LogOnV1Async(key, name);
        return peer;
    }

    public static JsonObject Recipe(string name, string[]? needs = null, string[]? cross = null, string realVersion = "2", string[]? runs = null) => new()
    {
        ["name"] = name,
        ["version"] = "1.2.13",
        ["real_version"] = realVersion,
        ["dependencies"] = Texts(runs),
        ["build_dependencies"] = Texts(needs),
        ["cross_dependencies"] = Texts(cross),
        ["source"] = "",
        ["extra_sources"] = new JsonArray(),
        ["description"] = "lib",
        ["build_script"] = new JsonArray("make"),
    };

    /// <summary>Takes a ready job as a gate would, with lines in its log.</summary>
    public async Task<ClaimedJob> RunAsync(string id, params string[] lines)
    {
        Assert.True(JobId.TryParse(id, out var job));
        var claimed = Assert.Single(await Store.ClaimAsync(
            [new Claim(job, new WorkerName("hand"), "slot-1", "by-hand", TimeProvider.System.GetUtcNow().AddHours(1))], CancellationToken.None));
        await using var log = Master.Logs.Open(job, claimed.Attempt, "");
        foreach (string line in lines)
            await log.AppendAsync(OutputStream.Stdout, Encoding.UTF8.GetBytes(line + "\n"), DateTimeOffset.UnixEpoch);
        await log.CompleteAsync();
        return claimed;
    }

    public async Task EndAsync(ClaimedJob job, BuildOutcome outcome) =>
        Assert.IsType<CompleteResult.Applied>(await Store.CompleteAsync(job.Id, job.Attempt, outcome, default, Actor.Farm, CancellationToken.None));

    /// <summary>Waits, event by event, for something to be so.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(30));
        while (true)
        {
            long seen = Store.LastSequence;
            if (await condition()) return;
            await Store.WaitPastAsync(seen, deadline.Token);
        }
    }

    /// <summary>Events so far whose kind begins so.</summary>
    public async Task<ImmutableArray<FarmEvent>> EventsAsync(string prefix) =>
        [.. (await Store.ReadJournalAsync(0, 10_000, CancellationToken.None)).Where(e => e.Kind.StartsWith(prefix, StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        await Master.DisposeAsync();
        _folder.Dispose();
    }

    private static JsonArray Texts(string[]? texts) => new([.. (texts ?? []).Select(t => (JsonNode)t)]);
}
