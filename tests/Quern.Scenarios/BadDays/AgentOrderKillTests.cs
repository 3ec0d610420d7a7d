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

    [Fact]
    public async Task A_machine_that_an_agent_was_sent_to_is_left_clean_and_the_report_says_how_far_it_was()
    {
        const string Begun = "/var/tmp/begun";
        using var folder = new ScratchFolder();
        string[] up = MasterProcess.Up(folder["data"], "--no-worker");
        PutProgram(folder["data"]);
        // The file is there, and it is looked whether it is whole.
        await using var machine = await SshMachine.StartAsync(setUp: $"""
            printf '#!/bin/sh\n: >{Begun}\nwhile ls /tmp/quern-agent.*/artifact >/dev/null 2>&1; do sleep 0.1; done\nexit 1\n' >/usr/local/bin/sha256sum
            chmod +x /usr/local/bin/sha256sum
            """);
        string deployment;

        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            await OpenDoorsAsync(client);
            deployment = await OrderAsync(client, "sh", machine.Port, machine.HostKey, SshMachine.Password);
            await UntilAsync(machine, $"[ -e {Begun} ]");
            Assert.NotEqual("", await machine.AskAsync("cat /tmp/quern-agent.*/artifact | head -c 1"));
            master.Kill();
        }

        await UntilAsync(machine, "[ -z \"$(ls -d /tmp/quern-agent.* 2>/dev/null)\" ]");
        // No program of the master that was killed holds on to a connection: the one that is there asks this.
        await UntilAsync(machine, "[ \"$(pgrep -c -f 'sshd: [r]oot@notty')\" = 1 ]");
        Assert.Equal("nothing\n", await machine.AskAsync("ls -d /opt/quern-agent /etc/quern-agent /var/lib/quern-agent 2>/dev/null || echo nothing"));
        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            var failed = await EndAsync(client, deployment);
            Assert.Equal(
                ("error", $"root@127.0.0.1:{machine.Port}, sending: the farm's master ended meanwhile. Nothing was installed, and the machine removes what came of the file. Order it again."),
                (Text(failed, "state"), Text(failed, "message")));
            var keys = (await client.GetFromJsonAsync<JsonObject>("/api/v1/agents/keys"))!["items"]!.AsArray();
            Assert.Equal("revoked", Text(Assert.Single(keys)!.AsObject(), "state"));
        }
    }

    /// <summary>Waits there until a condition of shell holds; a minute at most.</summary>
    private static Task<string> UntilAsync(SshMachine machine, string condition) =>
        machine.AskAsync($"tries=0; until {condition}; do tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.1; done");

    private static async Task OpenDoorsAsync(HttpClient client)
    {
        await PostAsync(client, "/api/v1/groups", new JsonObject { ["name"] = "labs", ["owner"] = "admin" });
        await PostAsync(client, "/api/v1/listeners", new JsonObject { ["protocol"] = "admin", ["address"] = "127.0.0.1", ["port"] = 0 });
        await PostAsync(client, "/api/v1/listeners",
            new JsonObject { ["protocol"] = "buildbot-msgpack", ["address"] = "127.0.0.1", ["port"] = 0, ["tls"] = new JsonObject { ["kind"] = "farm" } });
    }

    private static async Task<string> OrderAsync(HttpClient client, string format, int sshPort = 0, string? hostKey = null, string password = "s3cret")
    {
        var order = new JsonObject { ["group"] = "labs", ["format"] = format, ["platform"] = "linux-x64" };
        if (sshPort > 0)
            order["deploy"] = new JsonObject { ["host"] = "127.0.0.1", ["port"] = sshPort, ["user"] = "root", ["host_key"] = hostKey ?? $"SHA256:{new string('A', 43)}", ["password"] = password };
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
