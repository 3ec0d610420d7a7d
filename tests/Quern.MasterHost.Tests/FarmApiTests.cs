using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Testing;

namespace Quern.MasterHost.Tests;

public sealed class FarmApiTests
{
    [Fact]
    public async Task The_event_stream_goes_on_where_a_listener_stopped()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        await MasterFixture.SubmitAsync(client, 3);

        var first = await EventsAsync(client, "/api/v1/events?after=0&kind=job.submitted", 2);
        var rest = await EventsAsync(client, "/api/v1/events?kind=job.submitted", 1, lastId: first[^1].Id);

        Assert.Equal([1, 2, 3], first.Concat(rest).Select(e => e.Data["data"]!["number"]!.GetValue<int>()));
        Assert.All(first.Concat(rest), e => Assert.Equal("job.submitted", e.Data["kind"]!.ToString()));
    }

    [Fact]
    public async Task Listeners_open_and_close_while_the_farm_runs()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();

        var added = await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "buildbot-msgpack", ["port"] = 0 }));
        int port = IPEndPoint.Parse(added["open"]!.ToString()).Port;
        using (var peer = new TcpClient()) await peer.ConnectAsync(IPAddress.Loopback, port);
        var taken = await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "buildbot-msgpack", ["port"] = port });
        var unknown = await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "telnet", ["port"] = 0 });
        var removed = await client.DeleteAsync($"/api/v1/listeners/buildbot-msgpack/127.0.0.1/{port}");

        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        Assert.Contains("another program has this port", (await MasterFixture.BodyAsync(taken))["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using var late = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(IPAddress.Loopback, port));
    }

    [Theory]
    [InlineData(new string[0], "", "401", "v7")]
    [InlineData(new[] { "v7", "v1" }, "", "101", "v7,v1")]
    [InlineData(new[] { "v7", "v1" }, "Authorization: Basic ZmFybWVyOnB3\r\n", "401", "v7,v1")]
    public async Task Only_a_listener_that_was_asked_for_v1_takes_a_request_without_login(string[] revisions, string login, string status, string listed)
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();

        var added = await MasterFixture.BodyAsync(await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject
        {
            ["protocol"] = "buildbot-msgpack",
            ["port"] = 0,
            ["revisions"] = new JsonArray([.. revisions.Select(r => (JsonNode)r)]),
        }));
        using var peer = new TcpClient();
        await peer.ConnectAsync(IPEndPoint.Parse(added["open"]!.ToString()));
        await peer.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            $"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n{login}" +
            "Sec-WebSocket-Key: 7QwW8owJgOY6edsoJ6R4/A==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
        byte[] answer = new byte[12];
        await peer.GetStream().ReadExactlyAsync(answer);
        var wrong = await client.PostAsJsonAsync(
            "/api/v1/listeners", new JsonObject { ["protocol"] = "buildbot-msgpack", ["port"] = 0, ["revisions"] = new JsonArray("v1") });

        Assert.Equal($"HTTP/1.1 {status}", System.Text.Encoding.ASCII.GetString(answer));
        Assert.Equal(listed, string.Join(',', added["revisions"]!.AsArray().Select(r => r!.ToString())));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
    }

    [Fact]
    public async Task What_the_file_names_is_the_files_and_what_it_no_longer_names_is_switched_off()
    {
        using var folder = new ScratchFolder();
        var named = FarmConfiguration.Empty with
        {
            Workers = [new WorkerSetting(new WorkerName("w"), "secret", 3, [])],
            Listeners = [new ListenerSetting("buildbot-msgpack", IPAddress.Loopback, 0)],
        };
        var first = Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(MasterFixture.Options(folder.Path, named), TimeProvider.System, CancellationToken.None)).Master;
        await using (first)
        {
            using var client = Owner(first, folder.Path);
            var worker = await client.GetFromJsonAsync<JsonObject>("/api/v1/workers/w");
            Assert.Equal(("away", 3, "file"), (worker!["state"]!.ToString(), worker["slots"]!.GetValue<int>(), worker["origin"]!.ToString()));
            Assert.Equal(HttpStatusCode.Conflict, (await client.DeleteAsync($"/api/v1/listeners/buildbot-msgpack/127.0.0.1/0")).StatusCode);
        }

        var second = Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(MasterFixture.Options(folder.Path), TimeProvider.System, CancellationToken.None)).Master;
        await using (second)
        {
            using var client = Owner(second, folder.Path);
            Assert.Equal("disabled", (await client.GetFromJsonAsync<JsonObject>("/api/v1/workers/w"))!["state"]!.ToString());
            Assert.Empty(second.Listening);
        }
    }

    [Fact]
    public async Task A_worker_is_sent_home_by_those_who_may()
    {
        await using var farm = await MasterFixture.StartAsync(FarmConfiguration.Empty);
        using var client = farm.Client();
        using var reader = await farm.ClientMayAsync("worker:read");
        var link = new TalkingLink();
        farm.Master.Attach(link, 3);

        var forbidden = await reader.PostAsJsonAsync("/api/v1/workers/talker/shutdown", new JsonObject());
        Assert.False(link.SentHome.IsCompleted);
        var stranger = await client.PostAsJsonAsync("/api/v1/workers/nobody/shutdown", new JsonObject());
        var accepted = await client.PostAsJsonAsync("/api/v1/workers/talker/shutdown", new JsonObject());

        Assert.Equal(
            (HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.Accepted),
            (forbidden.StatusCode, stranger.StatusCode, accepted.StatusCode));
        await link.SentHome.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Slots_change_while_the_farm_runs_and_only_for_those_who_may()
    {
        var named = FarmConfiguration.Empty with { Workers = [new WorkerSetting(new WorkerName("talker"), "secret", 3, [])] };
        await using var farm = await MasterFixture.StartAsync(named);
        using var client = farm.Client();
        using var reader = await farm.ClientMayAsync("worker:read");
        farm.Master.Attach(new TalkingLink(), 3);

        var changed = await client.PutAsJsonAsync("/api/v1/workers/talker/slots", new JsonObject { ["slots"] = 5 });
        var none = await client.PutAsJsonAsync("/api/v1/workers/talker/slots", new JsonObject { ["slots"] = 0 });
        var stranger = await client.PutAsJsonAsync("/api/v1/workers/nobody/slots", new JsonObject { ["slots"] = 5 });
        var forbidden = await reader.PutAsJsonAsync("/api/v1/workers/talker/slots", new JsonObject { ["slots"] = 5 });

        Assert.Equal(5, (await MasterFixture.BodyAsync(changed))["slots"]!.GetValue<int>());
        Assert.Equal(5, farm.Master.Pool.SlotPlaces(new WorkerName("talker")).Length);
        Assert.Equal(5, Assert.Single(await farm.Master.Store.ListWorkersAsync(CancellationToken.None)).Slots);
        Assert.Equal(
            (HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.Forbidden),
            (none.StatusCode, stranger.StatusCode, forbidden.StatusCode));
    }

    [Fact]
    public async Task Two_masters_cannot_have_one_folder_nor_one_port()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var other = new ScratchFolder();

        var sameFolder = await QuernMaster.StartAsync(MasterFixture.Options(farm.Folder), TimeProvider.System, CancellationToken.None);
        var samePort = await QuernMaster.StartAsync(MasterFixture.Options(other.Path) with { Http = farm.Master.Http }, TimeProvider.System, CancellationToken.None);

        Assert.Contains("belongs to another master", Assert.IsType<MasterStart.Failed>(sameFolder).Reason, StringComparison.Ordinal);
        string reason = Assert.IsType<MasterStart.Failed>(samePort).Reason;
        Assert.Contains(farm.Master.Http.ToString(), reason, StringComparison.Ordinal);
        Assert.Contains("choose another port", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_escape_what_others_wrote_and_allow_no_foreign_script()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        var plan = MasterFixture.Plan("true");
        plan["title"] = "<script>alert(1)</script>";
        await client.PostAsJsonAsync("/api/v1/jobs", new JsonObject { ["jobs"] = new JsonArray(plan) });

        foreach (string path in (string[])["/", "/jobs", "/jobs/1", "/packages", "/workers"])
        {
            var page = await client.GetAsync(path);
            string html = await page.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
            Assert.Contains("script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }
        Assert.Contains("&lt;script&gt;alert", await client.GetStringAsync("/jobs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_describes_itself_and_probes_answer_strangers()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        using var stranger = new HttpClient { BaseAddress = farm.Address };

        var document = await client.GetFromJsonAsync<JsonObject>("/openapi/v1.json");

        Assert.NotNull(document!["paths"]!["/api/v1/jobs/{job}/cancel"]!["post"]);
        Assert.Equal("ok\n", await stranger.GetStringAsync("/healthz"));
        Assert.Equal("ready\n", await stranger.GetStringAsync("/readyz"));
    }

    private static HttpClient Owner(QuernMaster master, string folder)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://{master.Http}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(Path.Combine(folder, "token")).Trim());
        return client;
    }

    private static async Task<List<(string Id, JsonNode Data)>> EventsAsync(HttpClient client, string path, int count, string? lastId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastId is not null) request.Headers.Add("Last-Event-ID", lastId);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var events = new List<(string, JsonNode)>();
        string id = "";
        while (events.Count < count && await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
            if (line.StartsWith("data: {\"sequence\"", StringComparison.Ordinal)) events.Add((id, JsonNode.Parse(line[6..])!));
        }
        return events;
    }
}
