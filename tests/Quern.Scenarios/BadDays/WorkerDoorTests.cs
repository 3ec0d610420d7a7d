using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>The door for workers, with strangers in front of it.</summary>
[Trait("Speed", "Slow")]
public sealed class WorkerDoorTests
{
    [Fact]
    public async Task Connections_that_never_log_in_keep_no_worker_out_and_cost_bounded_memory()
    {
        const int Strangers = 200;
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["password"], "throwaway\n");
        var start = await QuernMaster.StartAsync(
            new MasterOptions
            {
                DataFolder = folder["data"],
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Listen = [new ListenerSetting(ListenerProtocols.BuildbotMessagePack, IPAddress.Loopback, 0)],
                Configuration = FarmConfiguration.Empty with { Workers = [new WorkerSetting(new WorkerName("w1"), "throwaway", 1, [])] },
                FirstPassword = "open sesame",
                FetchProgram = ["/bin/false"],
            },
            TimeProvider.System, CancellationToken.None);
        await using var master = Assert.IsType<MasterStart.Running>(start).Master;
        var door = IPEndPoint.Parse(master.Listening[0].EndPoint);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{master.Http}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(folder["data"], "token"))).Trim());
        var strangers = new List<Socket>();
        Process? worker = null;
        try
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < Strangers; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                strangers.Add(socket);
                await socket.ConnectAsync(door);
                // Half of them say nothing at all, the others most of a request.
                if (i % 2 == 0) await socket.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + new string('x', 12_000)));
            }
            worker = Process.Start(new ProcessStartInfo(Programs.Worker,
                ["--master", $"ws://{door}", "--name", "w1", "--password-file", folder["password"], "--dir", folder["worker"]])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            using var answer = await client.PostAsJsonAsync("/api/v1/jobs", Plans.Submission(Plans.Job("echo hello")));
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);

            var row = await JobTalk.FinishedAsync(client, "1");
            long grown = GC.GetTotalMemory(forceFullCollection: true) - before;

            Assert.Equal(("succeeded", "w1"), (row["state"]!.ToString(), row["worker"]!.ToString()));
            Assert.True(grown < Strangers * 64 * 1024, $"{Strangers} strangers made the master hold {grown} bytes");
            // Each is sent away when its time to log in is over.
            using var over = new CancellationTokenSource(MasterProcess.Patience, TimeProvider.System);
            var buffer = new byte[256];
            foreach (var socket in strangers)
                Assert.Equal(0, await ReceiveAsync(socket, buffer, over.Token));
        }
        finally
        {
            foreach (var socket in strangers) socket.Dispose();
            if (worker is not null)
            {
                worker.Kill();
                await worker.WaitForExitAsync();
                worker.Dispose();
            }
        }
    }

    /// <summary>A door that closes on unread bytes resets the connection: that is an end too.</summary>
    private static async Task<int> ReceiveAsync(Socket socket, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellation);
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
