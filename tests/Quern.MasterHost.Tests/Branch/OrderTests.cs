using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>In which order things are built, through the listener, on graphs with diamonds and circles.</summary>
public sealed class OrderTests
{
    public static TheoryData<string> Dialects => Controller.Dialects;

    /// <summary>Diamonds over diamonds, with a cross package on one side of the second.</summary>
    private static JsonObject[] Diamonds =>
    [
        BranchFarm.Recipe("base"), BranchFarm.Recipe("left", ["base"]), BranchFarm.Recipe("right", ["base"]), BranchFarm.Recipe("mid", ["left", "right"]),
        BranchFarm.Recipe("crossed", ["nothing"], ["mid"]), BranchFarm.Recipe("other", ["mid", "base"]), BranchFarm.Recipe("top", ["crossed", "other"]),
        BranchFarm.Recipe("runs", runs: ["base"]), BranchFarm.Recipe("apart"),
    ];

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_rebuild_over_diamonds_builds_layer_by_layer_and_each_package_once(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(Diamonds);

        Assert.Equal("""{"releasebuild":["left","other","right","mid","top"],"crossbuild":["crossed"]}""", (await dev.DependersAsync("base")).ToJsonString());
        Assert.True(dev.IsDone(await dev.RebuildAsync("base")));

        Assert.Equal(["base", "left right", "mid", "crossed other", "top"], await BuildAllAsync(farm, dev));
        var rows = await farm.Store.ListJobsAsync(new JobFilter { Limit = 100 }, CancellationToken.None);
        Assert.Equal(7, rows.Length);
        Assert.Equal(["crossed"], rows.Where(r => r.Environment == BuildEnvironment.Cross).Select(r => r.Package!.Value.Value));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_package_in_two_circles_has_all_their_members_as_dependers_and_no_rebuild(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(
            BranchFarm.Recipe("hub", ["one", "two"]), BranchFarm.Recipe("one", ["hub"]), BranchFarm.Recipe("two", cross: ["hub"]), BranchFarm.Recipe("user", ["one"]),
            BranchFarm.Recipe("below"), BranchFarm.Recipe("leaf", ["below"]));

        Assert.Equal("""{"releasebuild":["one","user"],"crossbuild":["two"]}""", (await dev.DependersAsync("hub")).ToJsonString());
        Assert.False(dev.IsDone(await dev.RebuildAsync("hub")));
        Assert.False(dev.IsDone(await dev.BuildAsync("user")));
        Assert.Empty((await dev.JobsAsync()).Queued);

        // What has nothing to do with the circle is not stopped by it.
        Assert.True(dev.IsDone(await dev.RebuildAsync("below")));
        Assert.Equal(["below", "leaf"], await BuildAllAsync(farm, dev));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_solution_is_built_step_by_step_also_against_the_graph_and_through_a_circle(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(Diamonds);
        await dev.GiveAsync(BranchFarm.Recipe("egg", ["hen"]), BranchFarm.Recipe("hen", ["egg"]));

        // The order is what the packager says, not what the graph says: that is how a circle is started.
        var steps = new JsonArray(new JsonArray("egg"), new JsonArray("hen"), new JsonArray("egg", "top", "base"), new JsonArray("left", "right"), new JsonArray("mid"));
        Assert.True(dev.IsDone(await dev.SolutionAsync(steps)));

        Assert.Equal(["egg", "hen", "base egg top", "left right", "mid"], await BuildAllAsync(farm, dev));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_failed_build_of_a_step_lets_nothing_of_a_later_step_start(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(Diamonds);
        await dev.SolutionAsync(new JsonArray(new JsonArray("base", "apart"), new JsonArray("left", "right"), new JsonArray("mid")));

        var first = Waiting((await dev.JobsAsync()).Queued);
        Assert.Equal(["apart", "base"], first.Keys.Order());
        await farm.EndAsync(await farm.RunAsync(first["base"]), new BuildOutcome.Failed("build", 1, "make failed"));
        Assert.Equal(["apart"], Waiting((await dev.JobsAsync()).Queued).Keys);
        await farm.EndAsync(await farm.RunAsync(first["apart"]), new BuildOutcome.Succeeded([]));

        var (queued, running, completed) = await dev.JobsAsync();
        Assert.Empty(queued);
        Assert.Empty(running);
        Assert.Equal(["apart COMPLETED", "base FAILED", "left FAILED", "mid FAILED", "right FAILED"], completed.Select(j => $"{j!["job_name"]} {j["job_status"]}").Order());
        // Of a package only what comes now counts, not how it ended before.
        Assert.True(dev.IsDone(await dev.SolutionAsync(new JsonArray(new JsonArray("base"), new JsonArray("left")))));
        Assert.Equal(["base", "left"], await BuildAllAsync(farm, dev));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_job_that_waits_cannot_be_taken_by_however_many_are_idle(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, dialect);
        await dev.GiveAsync(Diamonds);
        await dev.SolutionAsync(new JsonArray(new JsonArray("base", "apart"), new JsonArray("mid")));
        var jobs = (await dev.JobsAsync()).Queued.ToDictionary(j => j!["job_name"]!.ToString(), j => j!["job_id"]!.ToString());
        var mid = JobId.TryParse(jobs["mid"], out var id) ? id : default;

        async Task<int> ClaimsAsync() => (await farm.Store.ClaimAsync(
            [new Claim(mid, new WorkerName("idle"), "slot-1", "by-hand", TimeProvider.System.GetUtcNow().AddHours(1))], CancellationToken.None)).Length;
        Assert.Equal(0, await ClaimsAsync());
        await farm.EndAsync(await farm.RunAsync(jobs["base"]), new BuildOutcome.Succeeded([]));
        var running = await farm.RunAsync(jobs["apart"]);
        Assert.Equal(0, await ClaimsAsync());
        await farm.EndAsync(running, new BuildOutcome.Succeeded([]));
        Assert.Equal(1, await ClaimsAsync());
    }

    /// <summary>Builds whatever waits, all of it at a time, until nothing does; answers what could be built together, by name.</summary>
    private static async Task<List<string>> BuildAllAsync(BranchFarm farm, Controller dev)
    {
        var rounds = new List<string>();
        while (Waiting((await dev.JobsAsync()).Queued) is { Count: > 0 } waiting)
        {
            rounds.Add(string.Join(' ', waiting.Keys.Order()));
            foreach (string job in waiting.Values) await farm.EndAsync(await farm.RunAsync(job), new BuildOutcome.Succeeded([]));
        }
        Assert.Empty((await dev.JobsAsync()).Queued);
        return rounds;
    }

    private static Dictionary<string, string> Waiting(JsonArray queued) =>
        queued.Where(j => j!["job_status"]!.ToString() == "WAITING").ToDictionary(j => j!["job_name"]!.ToString(), j => j!["job_id"]!.ToString());
}
