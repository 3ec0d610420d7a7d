using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Peers.Recipes;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Leaf;

/// <summary>A whole master with Branch's HTTP API on a port of its own, and with what a test needs to publish packages.</summary>
internal sealed class LeafFarm : IAsyncDisposable
{
    public const string Host = "repo.example:8080";

    /// <summary>The keys that are given, in this order; each of them once.</summary>
    public static readonly string[] Keys = ["5f0c2d34-6b1a-4c88-9e07-1d2f3a4b5c6d", "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003"];

    public const string Password = "secret";

    private readonly ScratchFolder _folder;
    private readonly MasterOptions _options;
    private readonly TimeProvider _time;

    private LeafFarm(ScratchFolder folder, MasterOptions options, TimeProvider time, QuernMaster master) =>
        (_folder, _options, _time, Master) = (folder, options, time, master);

    public QuernMaster Master { get; private set; }

    public FarmStore Store => Master.Store;

    public string Folder => _folder.Path;

    public IPEndPoint EndPoint => IPEndPoint.Parse(Master.Listening.Single(l => l.Protocol == ListenerProtocols.Leaf).EndPoint);

    /// <param name="leaf">By default everybody may read.</param>
    /// <param name="cross">Whether cross builds are on; release builds are.</param>
    public static async Task<LeafFarm> StartAsync(
        LeafSettings? leaf = null, bool cross = false, BranchSettings? branch = null, TimeProvider? time = null, bool listen = true, LimitSettings? limits = null)
    {
        var folder = new ScratchFolder();
        int given = 0;
        var options = new MasterOptions
        {
            DataFolder = folder.Path,
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            Listen = listen ? [new ListenerSetting(ListenerProtocols.Leaf, IPAddress.Loopback, 0)] : [],
            FirstPassword = Password,
            FetchProgram = ["/bin/false"],
            NewKey = () => Guid.Parse(Keys[Interlocked.Increment(ref given) - 1]),
            Configuration = FarmConfiguration.Empty with
            {
                Release = new EnvironmentSettings { Isolation = Isolation.Host },
                Cross = cross ? new EnvironmentSettings { Isolation = Isolation.Host, Target = "aarch64-linux-gnu" } : null,
                Branch = branch ?? new BranchSettings(),
                Leaf = leaf ?? new LeafSettings { AnonymousReads = true },
                Limits = limits ?? new LimitSettings(),
            },
        };
        return new LeafFarm(folder, options, time ?? TimeProvider.System, await StartAsync(options, time ?? TimeProvider.System));
    }

    /// <summary>Ends the master and starts another on the same folder.</summary>
    public async Task RestartAsync()
    {
        await Master.DisposeAsync();
        Master = await StartAsync(_options, _time);
    }

    private static async Task<QuernMaster> StartAsync(MasterOptions options, TimeProvider time) =>
        Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options, time, CancellationToken.None)).Master;

    public LeafPeer Peer() => new(EndPoint);

    /// <summary>A client of the farm's own API, with the owner's token.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://{Master.Http}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(Folder, "token")).Trim());
        return client;
    }

    /// <summary>Logs in and answers the key.</summary>
    public async Task<string> KeyAsync(string user = "root", string password = Password)
    {
        var answer = await Peer().PostAsync("/auth", new JsonObject { ["user"] = user, ["pass"] = password });
        Assert.Equal(200, (int)answer.Json["response_code"]!);
        return answer.Json["payload"]!.ToString();
    }

    /// <summary>Stores a recipe.</summary>
    public async Task SubmitAsync(string text)
    {
        var intake = RecipeIntake.FromText(text);
        Assert.NotNull(intake.Recipe);
        await Store.SaveRecipeAsync(intake.Recipe, text, "", Actor.Farm, CancellationToken.None);
    }

    public static string Recipe(string name, string real = "1", string version = "1.0", string dependencies = "", string description = "lib", string needs = "") =>
        $"name={name}\nversion={version}\ndescription={description}\nreal_version={real}\ndependencies={dependencies}\nbuilddeps={needs}\nbuild={{\nmake\n}}\n";

    /// <summary>Queues a job of a package that no worker of these tests runs.</summary>
    public async Task<JobId> QueueAsync(
        string name, int revision = 1, BuildEnvironment environment = BuildEnvironment.Release, string? architecture = null, string requester = "branch:dev1")
    {
        var job = new NewJob
        {
            Id = JobId.Create(TimeProvider.System.GetUtcNow()),
            Title = name,
            Package = new PackageName(name),
            RecipeRevision = revision,
            Environment = environment,
            Architecture = architecture ?? MachineArchitecture.Here,
            Pool = "nowhere=1",
        };
        Assert.IsType<SubmitResult.Accepted>(await Store.SubmitAsync(new Submission([job]), new Actor(requester), CancellationToken.None));
        return job.Id;
    }

    public async Task<ClaimedJob> RunAsync(JobId job, params string[] lines)
    {
        var claimed = Assert.Single(await Store.ClaimAsync(
            [new Claim(job, new WorkerName("hand"), "slot-1", "by-hand", _time.GetUtcNow().AddHours(1))], CancellationToken.None));
        await using var log = Master.Logs.Open(job, claimed.Attempt, "");
        foreach (string line in lines) await log.AppendAsync(OutputStream.Stdout, Encoding.UTF8.GetBytes(line + "\n"), DateTimeOffset.UnixEpoch);
        await log.CompleteAsync();
        return claimed;
    }

    /// <summary>Stores the recipe's next revision and does what a worker and the gate would do with it.</summary>
    /// <param name="knowsMd5">False: as masters did it before they kept the MD5.</param>
    public async Task<StoredBlob> PublishAsync(
        string recipe, byte[] content, BuildEnvironment environment = BuildEnvironment.Release, string? architecture = null, bool knowsMd5 = true)
    {
        var intake = RecipeIntake.FromText(recipe);
        var saved = await Store.SaveRecipeAsync(intake.Recipe!, recipe, "", Actor.Farm, CancellationToken.None);
        await using var writer = Master.Blobs.Create(1 << 30);
        await writer.WriteAsync(content);
        var blob = await writer.CommitAsync();
        var claimed = await RunAsync(await QueueAsync(intake.Recipe!.Name.Value, saved.Revision, environment, architecture));
        var artifact = new ProducedArtifact(blob.Sha256, blob.Bytes) { Md5 = knowsMd5 ? blob.Md5 : "" };
        Assert.IsType<CompleteResult.Applied>(
            await Store.CompleteAsync(claimed.Id, claimed.Attempt, new BuildOutcome.Succeeded([artifact]), default, Actor.Farm, CancellationToken.None));
        return blob;
    }

    /// <summary>Events so far of one kind.</summary>
    public async Task<FarmEvent[]> EventsAsync(string kind) =>
        [.. (await Store.ReadJournalAsync(0, 10_000, CancellationToken.None)).Where(e => e.Kind == kind)];

    public async ValueTask DisposeAsync()
    {
        await Master.DisposeAsync();
        _folder.Dispose();
    }
}
