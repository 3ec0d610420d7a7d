using System.Collections.Concurrent;
using System.Globalization;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>
/// Two workers, one on each Buildbot protocol, lose their connections every few seconds while jobs go through the farm. Every job comes to
/// an end, and no attempt of it is begun beside another whose worker is there. <c>QUERN_SOAK_SECONDS</c> sets another length.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class ReconnectSoakTests
{
    private const int Clients = 8;

    private static readonly TimeSpan BetweenCuts = TimeSpan.FromSeconds(4);

    [Fact]
    public Task Jobs_are_neither_lost_nor_doubled_for_20_seconds() => SoakAsync(20);

    [Fact(Explicit = true)]
    [Trait("Run", "nightly")]
    public Task Jobs_are_neither_lost_nor_doubled_for_30_minutes() => SoakAsync(30 * 60);

    private static async Task SoakAsync(int seconds)
    {
        if (Environment.GetEnvironmentVariable("QUERN_SOAK_SECONDS") is { Length: > 0 } given) seconds = int.Parse(given, CultureInfo.InvariantCulture);
        using var folder = new ScratchFolder();
        Directory.CreateDirectory(folder["runs"]);
        await File.WriteAllTextAsync(
            folder["quern.yaml"],
            $"workers:\n  - {{name: soak-ws, password: {WorkerProcess.Password}}}\n  - {{name: soak-pb, password: {WorkerProcess.Password}}}\n");
        await using var master = await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(
            folder["data"], "--no-worker", "--config", folder["quern.yaml"],
            "--listen", "buildbot-msgpack=127.0.0.1:0", "--listen", "buildbot-pb=127.0.0.1:0"));
        await using var ws = new CuttingRelay(master.PortOf("buildbot-msgpack"));
        await using var pb = new CuttingRelay(master.PortOf("buildbot-pb"));
        await using var first = WorkerProcess.Start(folder, $"ws://127.0.0.1:{ws.Port}", "soak-ws");
        await using var second = WorkerProcess.Start(folder, $"pb://127.0.0.1:{pb.Port}", "soak-pb");

        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        var outcomes = new ConcurrentBag<(int Number, string State, int Attempts, int Lost)>();
        int last = 0;
        var clients = Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = master.Client();
            while (!over.IsCancellationRequested) outcomes.Add(await RunOneAsync(client, folder, Interlocked.Increment(ref last)));
        }).ToList();
        int cuts = await CutAsync([ws, pb], over.Token);
        await Task.WhenAll(clients);

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{seconds} s: {outcomes.Count} jobs, {outcomes.Count(o => o.Lost > 0)} of them lost their worker once or more, {cuts} cuts, "
            + $"{ws.Accepted} connections over MessagePack, {pb.Accepted} over Perspective Broker");
        Assert.Equal(last, outcomes.Count);
        Assert.All(outcomes, o => Assert.True(
            o.State == "succeeded" || (o.State == "failed" && o.Lost == 3), $"job {o.Number} ended as {o.State} after {o.Attempts} attempts, {o.Lost} lost"));
        Assert.All(outcomes, o => Assert.InRange(Lines(folder, $"{o.Number}.started"), o.State == "succeeded" ? 1 : 0, o.Attempts));
        Assert.All(outcomes.Where(o => o.State == "succeeded"), o => Assert.InRange(Lines(folder, $"{o.Number}.ended"), 1, o.Lost + 1));
        // A worker that was cut off may still be ending what it ran while the job begins elsewhere: nobody can tell it to hurry. A job whose
        // worker was never lost has no such excuse.
        int[] doubled = Numbers(folder, "doubled");
        TestContext.Current.TestOutputHelper!.WriteLine($"{doubled.Length} attempts began while the one before was being ended");
        Assert.All(doubled, d => Assert.True(outcomes.Single(o => o.Number == d).Lost > 0, $"job {d} ran twice at once"));
        Assert.InRange(doubled.Length, 0, 1 + (outcomes.Sum(o => o.Lost) / 20));
        Assert.True(outcomes.Any(o => o.State == "succeeded") && ws.Accepted > 2 && pb.Accepted > 2, "Nothing was soaked.");
    }

    /// <summary>Each run holds a lock while it lives; a second one beside it would be heard of.</summary>
    private static async Task<(int Number, string State, int Attempts, int Lost)> RunOneAsync(HttpClient client, ScratchFolder folder, int number)
    {
        string runs = folder["runs"];
        string job = await JobTalk.SubmitAsync(client, Plans.Job(
            $"exec 9>>'{runs}/{number}.lock'; flock -n 9 || echo {number} >> '{runs}/doubled'; echo x >> '{runs}/{number}.started'; "
            + $"sleep 0.3; seq 1 200; echo x >> '{runs}/{number}.ended'"));
        var row = await JobTalk.FinishedAsync(client, job);
        return (number, row["state"]!.ToString(), (int)row["attempt"]!, (int)row["lost"]!);
    }

    private static async Task<int> CutAsync(CuttingRelay[] relays, CancellationToken over)
    {
        int cuts = 0;
        using var timer = new PeriodicTimer(BetweenCuts, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(over)) relays[cuts++ % relays.Length].CutAll();
        }
        catch (OperationCanceledException)
        {
            // Time is over.
        }
        return cuts;
    }

    private static int Lines(ScratchFolder folder, string file) => Read(folder, file).Length;

    private static int[] Numbers(ScratchFolder folder, string file) => [.. Read(folder, file).Select(l => int.Parse(l, CultureInfo.InvariantCulture))];

    private static string[] Read(ScratchFolder folder, string file)
    {
        string path = Path.Combine(folder["runs"], file);
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }
}
