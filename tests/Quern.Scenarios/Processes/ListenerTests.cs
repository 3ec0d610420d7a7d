using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.Scenarios.BadDays;
using Quern.Testing;

namespace Quern.Scenarios.Processes;

/// <summary>Doors that are opened and closed by hand while a farm runs.</summary>
[Trait("Speed", "Slow")]
public sealed class ListenerTests
{
    private const string Protocol = "buildbot-msgpack";

    [Fact]
    public async Task A_door_closed_by_hand_loses_its_workers_but_no_job_and_stays_closed()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["quern.yaml"], $"workers:\n  - {{name: {WorkerProcess.Name}, password: {WorkerProcess.Password}}}\n");
        string[] up = MasterProcess.Up(folder["data"], "--no-worker", "--config", folder["quern.yaml"]);
        int first, second;
        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            (first, second) = (await AddAsync(folder), await AddAsync(folder));
            string job = await JobTalk.SubmitAsync(client, Plans.Job($"echo started; [ -e '{folder["again"]}' ] || exec sleep 600"));
            await using (WorkerProcess.Start(folder, first))
            {
                await JobTalk.SaidAsync(client, job, attempt: 1, "started");

                var removed = await QuernAsync(folder, "listener", "remove", $"{Protocol}=127.0.0.1:{first}", "--close-connections");

                Assert.Equal((0, $"closed {Protocol} 127.0.0.1:{first}\n"), (removed.ExitCode, removed.Output));
                await JobTalk.HeardAsync(client, "job.lost", e => (int)e["data"]!["attempt"]! == 1);
                await AssertClosedAsync(first);
            }
            await File.WriteAllTextAsync(folder["again"], "");
            await using (WorkerProcess.Start(folder, second))
                Assert.Equal("succeeded", (await JobTalk.FinishedAsync(client, job))["state"]!.ToString());
            var missing = await QuernAsync(folder, "listener", "remove", $"{Protocol}=127.0.0.1:{first}");
            Assert.Equal((1, ""), (missing.ExitCode, missing.Output));
            Assert.Contains($"There is no listener {Protocol} 127.0.0.1:{first}", missing.Errors, StringComparison.Ordinal);
            Assert.Equal(0, await master.StopAsync());
        }

        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            using var client = master.Client();
            var listed = (await client.GetFromJsonAsync<JsonObject>("/api/v1/listeners"))!["items"]!.AsArray();
            Assert.Equal([$"127.0.0.1:{second}"], listed.Where(l => l!["protocol"]!.ToString() == Protocol).Select(l => l!["open"]!.ToString()));
            await AssertClosedAsync(first);
        }
    }

    [Fact]
    public async Task A_door_of_the_file_is_not_closed_by_hand()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["quern.yaml"], $"listeners:\n  - {{protocol: {Protocol}, port: 0}}\n");
        await using var master = await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], "--no-worker", "--config", folder["quern.yaml"]));

        var (exitCode, output, errors) = await QuernAsync(folder, "listener", "remove", $"{Protocol}=127.0.0.1:{master.WorkerPort}");

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("belongs to the configuration file (key 'listeners'); take it out there", errors, StringComparison.Ordinal);
        using var open = new TcpClient();
        await open.ConnectAsync(IPAddress.Loopback, master.WorkerPort);
    }

    [Fact]
    public async Task A_door_for_both_revisions_lets_a_worker_of_each_in_and_is_listed_with_them()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(
            folder["quern.yaml"],
            $"workers:\n  - {{name: older, password: {WorkerProcess.Password}}}\n  - {{name: newer, password: {WorkerProcess.Password}}}\n");
        await using var master = await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], "--no-worker", "--config", folder["quern.yaml"]));
        using var client = master.Client();

        var refused = await QuernAsync(folder, "listener", "add", $"{Protocol}=127.0.0.1:0", "--revisions", "v1");
        var wrong = await MasterProcess.RunAsync(Programs.Quern, "worker", "--master", "ws://127.0.0.1:1", "--name", "n", "--password-file", "f", "--revision", "v2");
        int port = await AddAsync(folder, "--revisions", "v7,v1");
        var listed = await QuernAsync(folder, "listener", "list");
        await using var older = WorkerProcess.Start(folder, $"ws://127.0.0.1:{port}", "older", "--revision", "v1");
        await using var newer = WorkerProcess.Start(folder, $"ws://127.0.0.1:{port}", "newer");
        await JobTalk.HeardAsync(client, "worker.connected", e => e["subject"]!.ToString() == "older");
        await JobTalk.HeardAsync(client, "worker.connected", e => e["subject"]!.ToString() == "newer");
        string job = await JobTalk.SubmitAsync(client, Plans.Job("echo done"));

        Assert.Equal("succeeded", (await JobTalk.FinishedAsync(client, job))["state"]!.ToString());
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--revision: 'v2' is neither v7 nor v1", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("must hold v7", refused.Errors, StringComparison.Ordinal);
        Assert.Matches($@"{Protocol} +127\.0\.0\.1:{port} +v7,v1 +open +api", listed.Output);
        var workers = (await client.GetFromJsonAsync<JsonObject>("/api/v1/workers"))!["items"]!.AsArray();
        Assert.Equal(
            ["newer buildbot-msgpack", "older buildbot-msgpack-v1"],
            workers.Select(w => $"{w!["name"]} {w["protocol"]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_door_with_a_certificate_is_made_changed_and_there_again_after_a_kill()
    {
        using var folder = new ScratchFolder();
        using var certificate = TestCertificate.Make();
        await File.WriteAllTextAsync(folder["tls.crt"], certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(folder["tls.key"], TestCertificate.KeyPemOf(certificate));
        string[] up = MasterProcess.Up(folder["data"], "--no-worker");
        string hash = Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));
        int port;
        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            port = await AddAsync(folder, "--name", "Own door", "--certificate", folder["tls.crt"], "--key", folder["tls.key"], "--connections", "50");
            var farms = await QuernAsync(folder, "listener", "add", "http=127.0.0.1:0", "--name", "farms", "--tls", "farm");
            Assert.True(farms.ExitCode == 0, farms.Errors);
            var set = await QuernAsync(folder, "listener", "set", "own door", "--per-second", "20", "--drain", "1");
            var usage = await QuernAsync(folder, "listener", "set", "own door", "--certificate", folder["tls.crt"]);
            var stopped = await QuernAsync(folder, "listener", "stop", "farms", "--drain", "5");
            var again = await QuernAsync(folder, "listener", "stop", "farms");
            var started = await QuernAsync(folder, "listener", "start", "farms");
            var last = await QuernAsync(folder, "listener", "remove", "nothing");

            Assert.Equal((0, $"Own door: open, {Protocol} 127.0.0.1:{port}, 0 connections\n"), (set.ExitCode, set.Output));
            Assert.Contains("--certificate and --key belong together", usage.Errors, StringComparison.Ordinal);
            Assert.Contains("farms: closed, http", stopped.Output, StringComparison.Ordinal);
            Assert.Contains("It does not listen.", again.Errors, StringComparison.Ordinal);
            Assert.Contains("farms: open, http", started.Output, StringComparison.Ordinal);
            Assert.Contains("There is no listener 'nothing'", last.Errors, StringComparison.Ordinal);
            master.Kill();
        }

        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            var shown = await QuernAsync(folder, "listener", "show", "Own door");
            var listed = await QuernAsync(folder, "listener", "list");
            using var peer = new TcpClient();
            await peer.ConnectAsync(IPAddress.Loopback, port);
            await using var secured = new SslStream(peer.GetStream(), false, (_, _, _, _) => true);
            await secured.AuthenticateAsClientAsync("localhost");

            Assert.Equal((SslProtocols.Tls13, certificate.GetCertHashString()), (secured.SslProtocol, secured.RemoteCertificate!.GetCertHashString()));
            Assert.Contains("50 connections, 20 new ones per second", shown.Output, StringComparison.Ordinal);
            Assert.Contains($"SHA-256 {hash}", shown.Output, StringComparison.Ordinal);
            Assert.Contains($"certificate SHA-256 {hash}: Own door", listed.Output, StringComparison.Ordinal);
            // Of the farm's own certificate the fingerprint is told at the start, because a listener shows it.
            Assert.Matches("has the SHA-256 fingerprint [0-9a-f]{64}", master.Errors);
            Assert.Equal(0, await master.StopAsync());
        }
    }

    /// <summary>Opens a door on a free port, which it answers.</summary>
    /// <remarks>The port is chosen here: only a door with a number of its own is the same one after a restart.</remarks>
    private static async Task<int> AddAsync(ScratchFolder folder, params string[] more)
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        int port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        string door = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        var (exitCode, output, errors) = await QuernAsync(folder, ["listener", "add", $"{Protocol}={door}", .. more]);
        Assert.True(exitCode == 0, errors);
        Assert.Equal($"listening {Protocol} {door}\n", output);
        return port;
    }

    private static async Task AssertClosedAsync(int port)
    {
        using var late = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(IPAddress.Loopback, port));
    }

    private static Task<(int ExitCode, string Output, string Errors)> QuernAsync(ScratchFolder folder, params string[] words) =>
        MasterProcess.RunAsync([Programs.Quern, .. words, "--data", folder["data"]]);
}
