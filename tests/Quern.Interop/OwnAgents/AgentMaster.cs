using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Packaging.Planning;
using Quern.Testing;

namespace Quern.Interop.OwnAgents;

/// <summary>A master with doors for agents, and its API.</summary>
internal sealed class AgentMaster : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ScratchFolder _folder = new();
    private QuernMaster _master = null!;
    private HttpClient _client = null!;

    private AgentMaster() { }

    /// <summary>Where artifacts are put.</summary>
    public string Made => _folder["made"];

    public static async Task<AgentMaster> StartAsync()
    {
        var farm = new AgentMaster();
        Directory.CreateDirectory(farm.Made);
        var start = await QuernMaster.StartAsync(new MasterOptions
        {
            DataFolder = farm._folder["data"],
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            PayloadFolder = PublishedWorker.PayloadFolder,
            Configuration = FarmConfiguration.Empty with { Release = new EnvironmentSettings { Isolation = Isolation.Host } },
            FirstPassword = "open sesame",
            FetchProgram = ["/bin/false"],
        }, TimeProvider.System, CancellationToken.None);
        farm._master = Assert.IsType<MasterStart.Running>(start).Master;
        farm._client = new HttpClient { BaseAddress = new Uri($"http://{farm._master.Http}") };
        farm._client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(farm._folder["data/token"])).Trim());
        await farm.PostAsync("/api/v1/groups", new JsonObject { ["name"] = "labs", ["owner"] = "admin" });
        await farm.PostAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "admin", ["address"] = "127.0.0.1", ["port"] = 0 });
        await farm.PostAsync("/api/v1/listeners",
            new JsonObject { ["protocol"] = "buildbot-msgpack", ["address"] = "127.0.0.1", ["port"] = 0, ["tls"] = new JsonObject { ["kind"] = "farm" } });
        return farm;
    }

    /// <summary>Builds an agent and puts its file at a name below <see cref="Made"/>.</summary>
    public async Task BuildAsync(string format, string name)
    {
        var build = await PostAsync("/api/v1/agents/builds", new JsonObject { ["group"] = "labs", ["format"] = format, ["platform"] = "linux-x64", ["tags"] = new JsonArray("big") });
        build = await UntilAsync($"/api/v1/agents/builds/{build["id"]}", b => $"{b["state"]}" is "done" or "error");
        Assert.Equal(("done", $"{build["artifact"]?["name"]}"), ($"{build["state"]}", $"{build["message"]}"));
        await File.WriteAllBytesAsync(Path.Combine(Made, name), await _client.GetByteArrayAsync($"/api/v1/agents/builds/{build["id"]}/artifact"));
    }

    /// <summary>The one agent there is, once it is connected.</summary>
    public async Task<JsonObject> OnlineAgentAsync() =>
        (await UntilAsync("/api/v1/agents", page => page["items"]!.AsArray() is [{ } only] && only["online"]!.GetValue<bool>()))["items"]![0]!.AsObject();

    /// <summary>Until that agent is not connected.</summary>
    public Task UntilAwayAsync() => UntilAsync("/api/v1/agents", page => page["items"]!.AsArray() is [{ } only] && !only["online"]!.GetValue<bool>());

    /// <summary>Runs a command on the agent, which is the only worker; what it said.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        var step = new JsonObject { ["name"] = "run", ["command"] = new JsonObject { ["kind"] = "shell", ["command"] = new JsonArray([.. command.Select(c => (JsonNode)c)]) } };
        var answer = await PostAsync("/api/v1/jobs", new JsonObject
        {
            ["jobs"] = new JsonArray(new JsonObject { ["plan"] = new JsonObject { ["steps"] = new JsonArray(step) } }),
        });
        string id = $"{answer["jobs"]![0]!["id"]}";
        var job = await UntilAsync($"/api/v1/jobs/{id}", j => $"{j["state"]}" is not ("waiting" or "ready" or "running"));
        string log = await _client.GetStringAsync($"/api/v1/jobs/{id}/log/text");
        Assert.True($"{job["state"]}" == "succeeded", $"{job["state"]}: {log}");
        return log;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _master.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<JsonObject> PostAsync(string path, JsonObject body)
    {
        using var answer = await _client.PostAsJsonAsync(path, body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    private async Task<JsonObject> UntilAsync(string path, Func<JsonObject, bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var now = (await _client.GetFromJsonAsync<JsonObject>(path, patience.Token))!;
            if (isSo(now)) return now;
            await Task.Delay(Pause, TimeProvider.System, patience.Token);
        }
    }
}
