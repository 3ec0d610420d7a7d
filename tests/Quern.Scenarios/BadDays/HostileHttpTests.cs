using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>What strangers and careless programs send to the HTTP door: always a short problem, never an error of the farm's own.</summary>
public sealed class HostileHttpTests : IAsyncLifetime
{
    private readonly ScratchFolder _folder = new();
    private QuernMaster _master = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder["plans"]);
        var start = await QuernMaster.StartAsync(
            new MasterOptions
            {
                DataFolder = _folder["data"],
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Configuration = FarmConfiguration.Empty with { PlanFolders = [_folder["plans"]] },
                FirstPassword = "open sesame",
                FetchProgram = ["/bin/false"],
            },
            TimeProvider.System, CancellationToken.None);
        _master = Assert.IsType<MasterStart.Running>(start).Master;
        _client = Client(File.ReadAllText(Path.Combine(_folder["data"], "token")).Trim());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _master.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_by_its_length_and_by_its_bytes()
    {
        long limit = new LimitSettings().RequestBytes;
        using var announced = await SendHeadAsync($"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: {_client.DefaultRequestHeaders.Authorization}\r\nContent-Type: application/json\r\nContent-Length: {limit + 1}\r\n\r\n");

        Assert.Contains(" 413 ", await FirstLineAsync(announced), StringComparison.Ordinal);
        await WorksAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"jobs\":null}")]
    [InlineData("{\"jobs\":[null]}")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"no-such\"}}]}}]}")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":null}]}}]}")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":[null]}}]}")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":null}}]}")]
    [InlineData("{\"jobs\":[{\"plan\":{}}]}")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"shell\",\"command\":[null]}}]}}]}")]
    [InlineData("{\"jobs\":[{\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"shell\",\"command\":[\"a\\u0000b\"]}}]}}]}")]
    [InlineData("{\"jobs\":[{\"title\":\"\\ud800\",\"plan\":{\"steps\":[{\"name\":\"x\",\"command\":{\"kind\":\"shell\",\"command\":[\"true\"]}}]}}]}")]
    [InlineData("{\"jobs\":[{\"priority\":1e999,\"plan\":{\"steps\":[]}}]}")]
    [InlineData("{\"unknown\":1,\"jobs\":[]}")]
    public async Task A_body_that_is_no_submission_gets_a_problem_that_says_where(string body)
    {
        using var answer = await _client.PostAsync("/api/v1/jobs", Json(body));

        await IsProblemAsync(answer);
        await WorksAsync();
    }

    [Fact]
    public async Task Deep_JSON_is_refused()
    {
        using var arrays = await _client.PostAsync("/api/v1/jobs", Json("{\"jobs\":" + new string('[', 100_000) + new string(']', 100_000) + "}"));
        using var objects = await _client.PostAsync("/api/v1/jobs", Json(string.Concat(Enumerable.Repeat("{\"jobs\":", 50_000))));

        await IsProblemAsync(arrays);
        await IsProblemAsync(objects);
        await WorksAsync();
    }

    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData("..")]
    [InlineData("a/../../b")]
    [InlineData("a\0b")]
    [InlineData("/etc/passwd")]
    [InlineData("-rf")]
    [InlineData("a\nb")]
    [InlineData("%2e%2e%2f")]
    public async Task Hostile_names_are_refused_in_every_field(string name)
    {
        string inPath = Uri.EscapeDataString(name);
        var plan = Plans.Job("true")["plan"]!;
        JsonObject[] jobs =
        [
            new() { ["plan"] = plan.DeepClone(), ["builder"] = name },
            new() { ["recipe"] = new JsonObject { ["name"] = name } },
            new() { ["recipe"] = new JsonObject { ["name"] = "a", ["architecture"] = name } },
            new() { ["recipe"] = new JsonObject { ["name"] = "a", ["environment"] = name } },
            new() { ["plan"] = plan.DeepClone(), ["needs"] = new JsonArray(name) },
        ];
        foreach (var job in jobs)
        {
            using var answer = await _client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(job));
            await IsProblemAsync(answer);
        }
        foreach (string path in (string[])["jobs/{0}", "jobs/{0}/log", "recipes/{0}", "recipes/{0}/text", "batches/{0}", "workers/{0}"])
        {
            using var answer = await _client.GetAsync($"/api/v1/{string.Format(System.Globalization.CultureInfo.InvariantCulture, path, inPath)}");
            Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{path} with '{name}' was answered {answer.StatusCode}");
            Assert.DoesNotContain("root:", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        using (var source = await _client.PostAsync($"/api/v1/sources?filename={inPath}", new ByteArrayContent([1])))
            if (name.Contains('/', StringComparison.Ordinal) || name.StartsWith('.') || name.Contains('\0', StringComparison.Ordinal) || name.Contains('\n', StringComparison.Ordinal)) await IsProblemAsync(source);
        // The recipe format's own alphabet has the dash, and two lines of a recipe are no name.
        if (name[0] == '-' || name.Contains('\n', StringComparison.Ordinal)) return;
        using (var recipe = await _client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = $"name={name}\nversion=1\nreal_version=1\nbuild={{\ntrue\n}}\n" }))
            await IsProblemAsync(recipe);
        using (var recipe = await _client.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = $"name=a\nversion={name}\nreal_version={name}\nbuild={{\ntrue\n}}\n" }))
            await IsProblemAsync(recipe);
        await WorksAsync();
    }

    [Theory]
    [InlineData("from=9223372036854775807")]
    [InlineData("from=-9223372036854775808")]
    [InlineData("from=9223372036854775807&lines=5000")]
    [InlineData("attempt=2147483647")]
    [InlineData("attempt=-1")]
    [InlineData("name=../../../../etc/passwd")]
    [InlineData("name=%00")]
    [InlineData("from=x")]
    [InlineData("lines=0")]
    [InlineData("lines=2147483647")]
    public async Task Absurd_pages_of_a_log_are_answered_at_once(string query)
    {
        _master.Attach(new Farm.SteeredLink("w1"), 1);
        using var submitted = await _client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(Plans.Steps(new JsonObject
        {
            ["name"] = "say",
            ["command"] = new JsonObject { ["kind"] = "shell", ["command"] = new JsonArray("say", "hello") },
        })));
        await JobTalk.FinishedAsync(_client, "1");

        using var answer = await _client.GetAsync($"/api/v1/jobs/1/log?{query}");
        string text = await answer.Content.ReadAsStringAsync();

        if (answer.StatusCode != HttpStatusCode.OK) await IsProblemAsync(answer);
        Assert.DoesNotContain("root:", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_cannot_leave_the_allowed_folders_also_not_through_a_link_that_is_laid_afterwards()
    {
        Directory.CreateSymbolicLink(_folder["plans/link"], "/etc");
        foreach (string path in (string[])["/etc/passwd", $"{_folder["plans"]}/../secret", "relative", _folder["plans/link/passwd"], _folder["plans"] + "x/a", _folder["plans"]])
        {
            using var answer = await _client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(Download(path)));
            await IsProblemAsync(answer);
            Assert.Contains("path", JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!.ToString(), StringComparison.Ordinal);
        }

        using var good = await _client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(Download(_folder["plans/later/passwd"])));
        Assert.Equal(HttpStatusCode.Created, good.StatusCode);
        Directory.CreateSymbolicLink(_folder["plans/later"], "/etc");
        _master.Attach(new Farm.SteeredLink("w1"), 1);
        var row = await JobTalk.FinishedAsync(_client, "1");

        Assert.Equal("failed", row["state"]!.ToString());
        Assert.Contains("lies under none of the folders", row["reason"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_wrong_late_or_too_small_is_refused()
    {
        var tokens = _master.Services.GetRequiredService<TokenBook>();
        using var wrong = Client(new string('x', 5000));
        using var late = Client(await tokens.IssueAsync(new Principal("user:late", [Right.JobRead]), TimeSpan.FromSeconds(-1), Actor.Farm, CancellationToken.None));
        using var small = Client(await tokens.IssueAsync(new Principal("user:small", [Right.JobRead, Right.JobSubmit]), null, Actor.Farm, CancellationToken.None));
        using var nobody = new HttpClient { BaseAddress = _client.BaseAddress };

        foreach (var client in (HttpClient[])[wrong, late, nobody])
        {
            using var answer = await client.GetAsync("/api/v1/jobs");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            await IsProblemAsync(answer);
        }
        using var read = await small.GetAsync("/api/v1/jobs");
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var plan = await small.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(Plans.Job("true")));
        Assert.Equal(HttpStatusCode.Forbidden, plan.StatusCode);
        Assert.Contains("plan:run", await plan.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var recipe = await small.PostAsJsonAsync("/api/v1/recipes", new JsonObject { ["text"] = "" });
        Assert.Equal(HttpStatusCode.Forbidden, recipe.StatusCode);
    }

    [Fact]
    public async Task Listeners_that_never_read_cost_bounded_memory_and_others_are_served()
    {
        const int Deaf = 100;
        var deaf = new List<Socket>();
        try
        {
            for (int i = 0; i < Deaf; i++)
                deaf.Add(await SendHeadAsync($"GET /api/v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: {_client.DefaultRequestHeaders.Authorization}\r\n\r\n", receiveBytes: 2048));
            await SubmitManyAsync(500);
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < 20; i++) await SubmitManyAsync(500);
            long grown = GC.GetTotalMemory(forceFullCollection: true) - before;

            Assert.True(grown < 64 << 20, $"{Deaf} listeners that never read made the master grow by {grown} bytes over 10,000 events");
            using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
            int heard = 0;
            await foreach (var sent in ServerSentEvents.ReadAsync(_client, "/api/v1/events?after=0", over.Token))
                if (sent.Name == "job.submitted" && ++heard == 10_500) break;
            Assert.Equal(10_500, heard);
        }
        finally
        {
            foreach (var socket in deaf) socket.Dispose();
        }
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Clients_that_send_slowly_hold_up_nobody_and_are_sent_away()
    {
        var slow = new List<Socket>();
        try
        {
            for (int i = 0; i < 200; i++) slow.Add(await SendHeadAsync("POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nX-Slow: "));

            await WorksAsync();
            // The framework's time for a request's head is 30 s; each is then answered or cut off.
            using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
            foreach (var socket in slow)
            {
                var buffer = new byte[256];
                int read = await socket.ReceiveAsync(buffer, over.Token);
                Assert.True(read == 0 || Encoding.ASCII.GetString(buffer, 0, read).Contains(" 408 ", StringComparison.Ordinal));
            }
            await WorksAsync();
        }
        finally
        {
            foreach (var socket in slow) socket.Dispose();
        }
    }

    private static JsonObject Download(string path) => Plans.Steps(new JsonObject
    {
        ["name"] = "send",
        ["command"] = new JsonObject { ["kind"] = "download_file", ["source"] = new JsonObject { ["from"] = "file", ["path"] = path }, ["worker_path"] = "a" },
    });

    private async Task SubmitManyAsync(int jobs)
    {
        using var answer = await _client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission([.. Enumerable.Range(0, jobs).Select(_ => Plans.Job("true"))]));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private async Task WorksAsync()
    {
        using var answer = await _client.GetAsync("/api/v1/jobs");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task IsProblemAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(JsonNode.Parse(text)!["detail"]!.ToString());
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.True(text.Length < 4000, "the answer repeats what was sent");
    }

    private HttpClient Client(string token)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://{_master.Http}"), Timeout = MasterProcess.Patience };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private async Task<Socket> SendHeadAsync(string head, int? receiveBytes = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (receiveBytes is { } bytes) socket.ReceiveBufferSize = bytes;
        await socket.ConnectAsync(_master.Http);
        await socket.SendAsync(Encoding.ASCII.GetBytes(head));
        return socket;
    }

    private static async Task<string> FirstLineAsync(Socket socket)
    {
        using var reader = new StreamReader(new NetworkStream(socket));
        return await reader.ReadLineAsync() ?? "";
    }
}
