using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.Interop.StockWorkers;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging.Sources;
using Quern.Testing;
using Quern.WorkerHost;

namespace Quern.Interop.WholeRoad;

/// <summary>A whole master with builders on a scratch folder, asked over HTTP as <c>quern run</c> does, with one worker.</summary>
internal sealed class BuilderFarm : IAsyncDisposable
{
    public const string Worker = "builder-1";

    private readonly QuernMaster _master;
    private readonly HttpClient _client;
    private IAsyncDisposable? _worker;

    private BuilderFarm(QuernMaster master, string data)
    {
        _master = master;
        _client = new HttpClient { BaseAddress = new Uri($"http://{master.Http}"), Timeout = TimeSpan.FromMinutes(5) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(data, "token")).Trim());
    }

    /// <param name="kind"><c>stock</c> or <c>quern</c> over MessagePack, <c>quern-v1</c> over its older revision, <c>stock-pb</c>, <c>quern-pb</c> or <c>quern-tac-pb</c> (in the place of a stock worker), or <c>embedded</c>.</param>
    /// <param name="folder">Where everything lies.</param>
    /// <param name="yaml">The configuration; its relative paths start at the folder.</param>
    public static async Task<BuilderFarm> StartAsync(string kind, ScratchFolder folder, string yaml)
    {
        var configuration = ConfigurationFile.Parse(folder["quern.yaml"], yaml) switch
        {
            ConfigurationResult.Read read => read.Configuration,
            ConfigurationResult.Invalid invalid => throw new InvalidOperationException(string.Join('\n', invalid.Problems)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var start = await QuernMaster.StartAsync(
            new MasterOptions
            {
                DataFolder = folder["data"],
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Listen = [kind.EndsWith("-pb", StringComparison.Ordinal)
                    ? new ListenerSetting(ListenerProtocols.BuildbotPerspective, IPAddress.Loopback, 0)
                    : new ListenerSetting(ListenerProtocols.BuildbotMessagePack, IPAddress.Loopback, 0, kind == "quern-v1" ? "v7,v1" : "")],
                FetchProgram = [Path.Combine(AppContext.BaseDirectory, "quern"), FetchProgram.Verb],
                Configuration = configuration,
            },
            TimeProvider.System, CancellationToken.None);
        var master = start is MasterStart.Running running ? running.Master : throw new InvalidOperationException(((MasterStart.Failed)start).Reason);
        var farm = new BuilderFarm(master, folder["data"]);
        var endPoint = IPEndPoint.Parse(master.Listening[0].EndPoint);
        switch (kind)
        {
            case "stock": farm._worker = await StockWorker.StartAsync(WireProtocol.MessagePack, endPoint, Worker, "secret"); break;
            case "stock-pb": farm._worker = await StockWorker.StartAsync(WireProtocol.Perspective, endPoint, Worker, "secret"); break;
            case "quern-tac-pb": farm._worker = await StockWorker.StartAsync(WireProtocol.Perspective, endPoint, Worker, "secret", own: true); break;
            case "quern": farm._worker = OwnWorker.Start(endPoint, Worker, "secret", folder["worker"]); break;
            case "quern-v1": farm._worker = OwnWorker.Start(endPoint, Worker, "secret", folder["worker"], "ws", "--revision", "v1"); break;
            case "quern-pb": farm._worker = OwnWorker.Start(endPoint, Worker, "secret", folder["worker"], "pb"); break;
            default: master.Attach(new EmbeddedWorkerLink(new WorkerName("embedded"), folder["worker"], TimeProvider.System), 1); break;
        }
        return farm;
    }

    /// <summary>Runs a builder to its end.</summary>
    /// <returns>The job as the API shows it.</returns>
    public async Task<JsonObject> RunAsync(string builder, params (string Name, string Value)[] properties)
    {
        string id = await BeginAsync(builder, properties);
        await _client.GetStringAsync($"/api/v1/jobs/{id}/log/follow");   // ends when the job does
        return (await _client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{id}"))!;
    }

    /// <summary>Begins a run and answers its job's id.</summary>
    public async Task<string> BeginAsync(string builder, params (string Name, string Value)[] properties)
    {
        var given = new JsonObject([.. properties.Select(p => KeyValuePair.Create(p.Name, (JsonNode?)p.Value))]);
        var answer = await _client.PostAsJsonAsync($"/api/v1/builders/{builder}/runs", new JsonObject { ["properties"] = given });
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, body);
        return JsonNode.Parse(body)!["jobs"]![0]!["id"]!.ToString();
    }

    /// <summary>Waits until the log of a job has a line, and cancels the job.</summary>
    public Task<JsonObject> CancelWhenAsync(string id, string line) =>
        WhenAsync(id, line, async () => (await _client.PostAsJsonAsync($"/api/v1/jobs/{id}/cancel", new JsonObject())).EnsureSuccessStatusCode());

    /// <summary>The master sends the worker home.</summary>
    public async Task SendHomeAsync()
    {
        var answer = await _client.PostAsJsonAsync($"/api/v1/workers/{Worker}/shutdown", new JsonObject());
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    /// <summary>SIGHUP for a worker that has a <c>buildbot.tac</c>.</summary>
    public Task HangUpAsync() => ((StockWorker)_worker!).HangUpAsync();

    /// <summary>The worker's exit code when it ends by itself.</summary>
    public Task<int> WorkerEndAsync() => _worker is OwnWorker own ? own.EndAsync(Farm.Patience) : ((StockWorker)_worker!).EndAsync(Farm.Patience);

    /// <summary>Waits until the log of a job has a line, does something then, and waits for the job's end.</summary>
    public async Task<JsonObject> WhenAsync(string id, string line, Func<Task> then)
    {
        using var follow = await _client.GetAsync($"/api/v1/jobs/{id}/log/follow", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await follow.Content.ReadAsStreamAsync());
        bool done = false;
        while (await reader.ReadLineAsync() is { } text)
        {
            if (done || !text.Contains($"\"text\":\"{line}\"", StringComparison.Ordinal)) continue;
            done = true;
            await then();
        }
        return (await _client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{id}"))!;
    }

    /// <summary>How a job stands.</summary>
    public async Task<string> StateAsync(string id) => (await _client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{id}"))!["state"]!.ToString();

    /// <summary>Each step as <c>NAME STATE</c>.</summary>
    public static ImmutableArray<string> StepsOf(JsonObject job) => [.. job["steps"]!.AsArray().Select(s => $"{s!["name"]} {s["state"]}")];

    /// <param name="query">For instance <c>step=2</c> or <c>name=config</c>; empty for the whole log.</param>
    public Task<string> LogAsync(JsonObject job, string query = "") => _client.GetStringAsync($"/api/v1/jobs/{job["id"]}/log/text?{query}");

    /// <summary>What the program of a step wrote: without headers.</summary>
    public async Task<string> OutputAsync(JsonObject job, string step)
    {
        int position = job["steps"]!.AsArray().Single(s => s!["name"]!.ToString() == step)!["position"]!.GetValue<int>();
        var page = (await _client.GetFromJsonAsync<JsonObject>($"/api/v1/jobs/{job["id"]}/log?step={position}&lines=5000"))!;
        return string.Concat(page["lines"]!.AsArray().Where(l => l!["stream"]!.ToString() != "header").Select(l => l!["text"] + "\n"));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_worker is not null) await _worker.DisposeAsync();
        await _master.DisposeAsync();
    }
}
