using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.Interop.StockWorkers;

/// <summary>An unmodified worker that was installed for another master keeps its password on a whole Quern master.</summary>
public sealed class BroughtPasswordTests
{
    private const string Password = "käse: brot 98";

    [Theory, InlineData(WireProtocol.Perspective), InlineData(WireProtocol.MessagePack)]
    public async Task A_stock_worker_joins_with_the_password_that_it_has_also_after_a_restart(WireProtocol protocol)
    {
        using var folder = new ScratchFolder();
        StockWorker? worker = null;
        try
        {
            IPEndPoint door;
            await using (var master = await StartAsync(folder, protocol, 0))
            {
                door = IPEndPoint.Parse(master.Listening[0].EndPoint);
                using var client = Client(master, folder);
                worker = await StockWorker.StartAsync(protocol, door, "old", Password);
                await RefusedAsync(client, "no worker of this name");
                using var given = await client.PostAsJsonAsync("/api/v1/workers/old/credential", new JsonObject { ["password"] = Password });
                Assert.Equal(HttpStatusCode.OK, given.StatusCode);
                await ConnectedAsync(client, worker);
            }

            await using var again = await StartAsync(folder, protocol, door.Port);
            using var asked = Client(again, folder);
            await ConnectedAsync(asked, worker);
        }
        finally
        {
            if (worker is not null) await worker.DisposeAsync();
        }
    }

    private static async Task<QuernMaster> StartAsync(ScratchFolder folder, WireProtocol protocol, int port)
    {
        string word = protocol is WireProtocol.Perspective ? ListenerProtocols.BuildbotPerspective : ListenerProtocols.BuildbotMessagePack;
        var start = await QuernMaster.StartAsync(
            new MasterOptions
            {
                DataFolder = folder["data"],
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Listen = [new ListenerSetting(word, IPAddress.Loopback, port)],
                FetchProgram = ["/bin/false"],
                FirstPassword = "open sesame",
            },
            TimeProvider.System, CancellationToken.None);
        return start is MasterStart.Running running ? running.Master : throw new InvalidOperationException(((MasterStart.Failed)start).Reason);
    }

    private static HttpClient Client(QuernMaster master, ScratchFolder folder)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://{master.Http}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(folder["data/token"]).Trim());
        return client;
    }

    private static Task RefusedAsync(HttpClient client, string why) =>
        UntilAsync(client, row => row["events"]!.AsArray().Any(e => e!["kind"]!.ToString() == "refused" && e["reason"]!.ToString().Contains(why, StringComparison.Ordinal)));

    private static async Task ConnectedAsync(HttpClient client, StockWorker worker)
    {
        try
        {
            await UntilAsync(client, row => row["state"]!.ToString() == "connected");
        }
        catch (OperationCanceledException e)
        {
            throw new InvalidOperationException($"The worker did not join. Its log:\n{worker.Log}", e);
        }
    }

    private static async Task UntilAsync(HttpClient client, Func<JsonObject, bool> holds)
    {
        using var patience = new CancellationTokenSource(Farm.Patience, TimeProvider.System);
        while (true)
        {
            using var answer = await client.GetAsync("/api/v1/workers/old", patience.Token);
            if (answer.IsSuccessStatusCode && holds(JsonNode.Parse(await answer.Content.ReadAsStringAsync(patience.Token))!.AsObject())) return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
    }
}
