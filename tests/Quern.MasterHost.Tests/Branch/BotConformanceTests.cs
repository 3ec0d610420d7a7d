using System.Text;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>Every exchange of a bot under <c>tests/golden/branch</c> against a real master over TCP, byte for byte in both directions.</summary>
public sealed class BotConformanceTests
{
    /// <summary>Stands in the files, of as many characters as the real one.</summary>
    private const string Source = "c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30";

    [Theory]
    [InlineData("v1-bot", "V1b", 31)]
    [InlineData("v2-bot", "V2.1", 29)]
    public async Task Exchanges_of_a_bot_go_as_captured(string file, string dialect, int count)
    {
        await using var farm = await BranchFarm.StartAsync(branch: BranchFarm.Keys with { RealRootPackages = ["base", "glibc"] });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        foreach (string name in (string[])["base", "glibc", "gcc"])
        {
            await dev.GiveAsync(BranchFarm.Recipe(name));
            await BuiltByHandAsync(farm, dev, name, false);
        }
        await BuiltByHandAsync(farm, dev, "gcc", true);
        string source = await farm.Store.AddSourceAsync("fix.patch", "", await BlobAsync(farm, "hello"u8.ToArray()), 5, Actor.Farm, CancellationToken.None);
        await dev.GiveAsync(BranchFarm.Recipe("m4"), BranchFarm.Recipe("zlib", ["gcc"], runs: ["glibc"]));
        var patched = BranchFarm.Recipe("patched");
        patched["extra_sources"] = new JsonArray(source);
        await dev.GiveAsync(patched);

        await using (var maker = await ScriptedBot.ReadyAsync(farm, dialect))
        {
            await dev.BuildAsync("m4");
            await maker.BuildAsync("usr/bin/m4");
        }
        await using var working = await ScriptedBot.ReadyAsync(farm, dialect);
        await dev.BuildAsync("patched");
        await working.OrderAsync();
        await working.SayAsync("JOB_ACCEPTED");
        await using var jobless = await ScriptedBot.ConnectAsync(farm, dialect, "jobless");

        int walked = 0;
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "branch", file + ".jsonl")))
        {
            string at = $"{file}:{++walked}";
            var exchange = JsonNode.Parse(line)!;
            if (exchange["order"]?.ToString() is { } order)
            {
                await OrderAsync(farm, dev, dialect, order, at);
                continue;
            }
            // The login of a bot without a key has its own test.
            if (exchange["role"]!.ToString() == "stranger") continue;
            string send = exchange["send"]!.ToString().Replace(Source, source, StringComparison.Ordinal), answer = exchange["answer"]?.ToString() ?? "";
            bool ready = send.Contains("READY", StringComparison.Ordinal) && send.Contains("SIG", StringComparison.Ordinal);
            bool without = answer.Contains("NO_JOB", StringComparison.Ordinal) || answer.Contains("No job", StringComparison.Ordinal);
            await using var fresh = ready ? await ScriptedBot.ConnectAsync(farm, dialect, "fresh") : null;
            var peer = (fresh ?? (without ? jobless : working)).Peer;
            await peer.WriteAsync(send);
            if (exchange["answer_raw"]?.ToString() is { } raw) Assert.Equal((at, raw), (at, Encoding.UTF8.GetString(await peer.ReadBytesAsync(raw.Length))));
            else if (answer.Length > 0) Assert.Equal($"{at} {answer}", $"{at} {BranchPeer.Frame(await peer.ReadAsync())}");
        }
        Assert.Equal(count, walked);
    }

    private static async Task OrderAsync(BranchFarm farm, Controller dev, string dialect, string order, string at)
    {
        await using var bot = await ScriptedBot.ReadyAsync(farm, dialect, "ordered");
        bool ping = order.Contains("PING", StringComparison.Ordinal);
        if (!ping) Assert.True(dev.IsDone(await dev.BuildAsync("zlib", order.Contains("CROSS", StringComparison.Ordinal))));
        string got = await bot.Peer.ReadAsync();
        if (!ping && got.Contains("PING", StringComparison.Ordinal))
        {
            await bot.PongAsync();
            got = await bot.Peer.ReadAsync();
        }
        Assert.Equal($"{at} {order}", $"{at} {BranchPeer.Frame(got)}");
        if (ping) return;
        await bot.SayAsync("BUILD_FAILED");
        await bot.ReadyAsync();
        await farm.UntilAsync(async () => (await farm.Store.ListPackageJobsAsync([JobState.Running, JobState.Ready], null, 10, CancellationToken.None)).Length == 1);
    }

    private static async Task BuiltByHandAsync(BranchFarm farm, Controller dev, string name, bool cross)
    {
        Assert.True(dev.IsDone(await dev.BuildAsync(name, cross)));
        var queued = Assert.Single((await dev.JobsAsync()).Queued)!;
        var hash = await BlobAsync(farm, Encoding.UTF8.GetBytes($"{name} {cross}"));
        await farm.EndAsync(await farm.RunAsync(queued["job_id"]!.ToString()), new BuildOutcome.Succeeded([new ProducedArtifact(hash, 7)]));
    }

    private static async Task<Sha256Hash> BlobAsync(BranchFarm farm, byte[] bytes)
    {
        await using var writer = farm.Master.Blobs.Create(bytes.Length);
        await writer.WriteAsync(bytes);
        return (await writer.CommitAsync()).Sha256;
    }
}
