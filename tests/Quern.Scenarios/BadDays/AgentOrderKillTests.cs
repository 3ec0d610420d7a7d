using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>The master is killed (SIGKILL) while agents are made to order: what was ordered is built, what was given out is still good.</summary>
[Trait("Speed", "Slow")]
public sealed class AgentOrderKillTests(PostgresServer server)
{
    private const string Builds = "/api/v1/agents/builds";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Orders_artifacts_and_links_outlive_the_master(bool postgres)
    {
        using var folder = new ScratchFolder();
        string[] up = MasterProcess.Up(folder["data"], "--no-worker");
        if (postgres)
        {
            await File.WriteAllTextAsync(folder["quern.yaml"], $"store: '{await server.NewDatabaseAsync()}'\n");
            up = [.. up, "--config", folder["quern.yaml"]];
        }
        PutProgram(folder["data"]);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        string done, used, kept, hash, waiting, deployment;

        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            await OpenDoorsAsync(client);
            done = Text(await EndAsync(client, await OrderAsync(client, "tar.gz")), "id");
            hash = Convert.ToHexString(SHA256.HashData(await client.GetByteArrayAsync($"{Builds}/{done}/artifact")));
            (used, kept) = (await LinkAsync(client, done), await LinkAsync(client, done));
            Assert.Equal(HttpStatusCode.OK, await FetchAsync(client, used));
            deployment = await OrderAsync(client, "sh", ((IPEndPoint)silent.LocalEndpoint).Port);
            // It is being built: the machine that it is for has been called, and says nothing.
            using var call = await silent.AcceptSocketAsync().WaitAsync(MasterProcess.Patience, TimeProvider.System);
            waiting = await OrderAsync(client, "deb");
            master.Kill();
        }

        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            var failed = await EndAsync(client, deployment);
            var built = await EndAsync(client, waiting);

            Assert.Equal("error", Text(failed, "state"));
            Assert.Contains("connecting: the farm's master ended meanwhile. Nothing was sent.", Text(failed, "message"), StringComparison.Ordinal);
            Assert.Equal(("done", "owner"), (Text(built, "state"), Text(built, "by")));
            Assert.Equal(Text(built["artifact"]!.AsObject(), "sha256"), Convert.ToHexStringLower(SHA256.HashData(await client.GetByteArrayAsync($"{Builds}/{waiting}/artifact"))));
            Assert.Equal(hash, Convert.ToHexString(SHA256.HashData(await client.GetByteArrayAsync($"{Builds}/{done}/artifact"))));
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (await FetchAsync(client, used), await FetchAsync(client, kept)));
            master.Kill();
        }

        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (await FetchAsync(client, used), await FetchAsync(client, kept)));
            Assert.Equal(new HashSet<string> { done, waiting, deployment },
                (await client.GetFromJsonAsync<JsonObject>(Builds))!["items"]!.AsArray().Select(b => Text(b!.AsObject(), "id")).ToHashSet());
            Assert.Equal(0, await master.StopAsync());
        }
    }

    private static async Task OpenDoorsAsync(HttpClient client)
    {
        await PostAsync(client, "/api/v1/groups", new JsonObject { ["name"] = "labs", ["owner"] = "admin" });
        await PostAsync(client, "/api/v1/listeners", new JsonObject { ["protocol"] = "admin", ["address"] = "127.0.0.1", ["port"] = 0 });
        await PostAsync(client, "/api/v1/listeners",
            new JsonObject { ["protocol"] = "buildbot-msgpack", ["address"] = "127.0.0.1", ["port"] = 0, ["tls"] = new JsonObject { ["kind"] = "farm" } });
    }

    private static async Task<string> OrderAsync(HttpClient client, string format, int sshPort = 0)
    {
        var order = new JsonObject { ["group"] = "labs", ["format"] = format, ["platform"] = "linux-x64" };
        if (sshPort > 0)
            order["deploy"] = new JsonObject { ["host"] = "127.0.0.1", ["port"] = sshPort, ["user"] = "root", ["host_key"] = $"SHA256:{new string('A', 43)}", ["password"] = "s3cret" };
        return Text(await PostAsync(client, Builds, order), "id");
    }

    private static async Task<string> LinkAsync(HttpClient client, string build) => Text(await PostAsync(client, $"{Builds}/{build}/link", []), "path");

    private static async Task<HttpStatusCode> FetchAsync(HttpClient client, string link)
    {
        using var anybody = new HttpClient { BaseAddress = client.BaseAddress };
        using var answer = await anybody.GetAsync(link);
        return answer.StatusCode;
    }

    private static async Task<JsonObject> EndAsync(HttpClient client, string build)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var found = (await client.GetFromJsonAsync<JsonObject>($"{Builds}/{build}"))!;
            if (Text(found, "state") is "done" or "error") return found;
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < MasterProcess.Patience, $"The build is {found.ToJsonString()} still.");
        }
    }

    private static async Task<JsonObject> PostAsync(HttpClient client, string path, JsonObject body)
    {
        using var answer = await client.PostAsJsonAsync(path, body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    private static string Text(JsonObject from, string name) => from[name]!.ToString();

    /// <summary>The head of a program and nothing behind it.</summary>
    private static void PutProgram(string data)
    {
        byte[] program = new byte[4096];
        "\u007fELF"u8.CopyTo(program);
        (program[4], program[5], program[16], program[18]) = (2, 1, 3, 62);
        Directory.CreateDirectory(Path.Combine(data, "agents", "payloads", "linux-x64"));
        File.WriteAllBytes(Path.Combine(data, "agents", "payloads", "linux-x64", "quern-worker"), program);
    }
}
