using System.Net;
using System.Text.Json.Nodes;
using Quern.Scenarios.BadDays;
using Quern.Testing;

namespace Quern.Scenarios.Processes;

/// <summary>Controllers of the Branch family at the real programs: a build on the farm's own worker, and a farm that is killed.</summary>
[Trait("Speed", "Slow")]
public sealed class BranchClientTests
{
    private const string Configuration = """
        branch: {keys: [{key: default, group: packagers}]}
        environments: {release: {isolation: host}}
        """;

    [Fact]
    public async Task Controllers_of_both_dialects_have_a_package_built_and_read_its_log_while_it_grows()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["quern.yaml"], Configuration);
        await using var master = await MasterProcess.StartAsync(
            folder["data"], MasterProcess.Up(folder["data"], "--config", folder["quern.yaml"], "--listen", "branch=127.0.0.1:0"));
        await using var young = await ConnectAsync(master);
        Assert.Equal(200, (int)(await young.LogOnAsync(name: "young"))["statuscode"]!);
        await using var old = await ConnectAsync(master);
        await old.LogOnV1Async(name: "old");

        Assert.Equal(200, (int)(await young.AskAsync("SUBMIT", Recipe("hello", $"echo begun; until [ -e '{folder["go"]}' ]; do sleep 0.1; done", "mkdir -p $PKG_INSTALL_DIR/usr", "echo hi > $PKG_INSTALL_DIR/usr/hi")))["statuscode"]!);
        Assert.StartsWith("BUILD_REQ_", await old.AskAsync("RELEASE_BUILD hello"), StringComparison.Ordinal);
        string job = "";
        await UntilAsync(async () =>
        {
            var running = JsonNode.Parse(await old.AskAsync("RUNNING_JOBS_STATUS"))!.AsArray();
            if (running.Count == 0) return false;
            job = running[0]!["job_id"]!.ToString();
            return true;
        });
        int offset = 0;
        var lines = new List<string>();
        async Task<bool> SaysAsync(string text)
        {
            var more = (await young.AskAsync("GETJOBLOG", new JsonObject { ["jobid"] = job, ["offset"] = offset }))["payload"]!.AsArray();
            offset += more.Count;
            lines.AddRange(more.Select(l => l!.ToString()));
            return lines.Contains(text);
        }
        await UntilAsync(() => SaysAsync("begun"));
        await File.WriteAllTextAsync(folder["go"], "");
        await UntilAsync(async () => JsonNode.Parse(await old.AskAsync("COMPLETED_JOBS_STATUS"))!.AsArray().Any(j => j!["job_status"]!.ToString() == "COMPLETED"));
        await SaysAsync("");

        Assert.Equal(lines, JsonNode.Parse(await old.AskAsync($"VIEW_LOG {job}"))!.AsArray().Select(l => l!.ToString()));
        Assert.Equal("""["hello"]""", await old.AskAsync("MANAGED_PACKAGES"));
        Assert.Equal("""["embedded"]""", await old.AskAsync("CONNECTED_BUILDBOTS"));
        Assert.False(young.SawTwoFramesAtOnce);
        Assert.False(old.SawTwoFramesAtOnce);
    }

    [Fact]
    public async Task A_door_for_controllers_is_opened_by_hand_and_what_they_queued_outlives_a_kill()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["quern.yaml"], Configuration);
        string[] up = MasterProcess.Up(folder["data"], "--no-worker", "--config", folder["quern.yaml"], "--listen", "branch=127.0.0.1:0");
        string queued;
        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        {
            var added = await MasterProcess.RunAsync(Programs.Quern, "listener", "add", "branch=127.0.0.1:0", "--data", folder["data"]);
            Assert.Equal(0, added.ExitCode);
            await using var dev = await BranchPeer.ConnectAsync(IPEndPoint.Parse(added.Output.Trim().Split(' ')[^1]));
            await dev.LogOnV1Async();
            Assert.Equal("CMD_OK", await dev.AskAsync("SUBMIT_PACKAGE " + Recipe("hello", "true").ToJsonString()));
            Assert.Equal("BUILD_REQ_QUEUED", await dev.AskAsync("RELEASE_BUILD hello"));
            queued = await dev.AskAsync("QUEUED_JOBS_STATUS");
        }

        await using (var master = await MasterProcess.StartAsync(folder["data"], up))
        await using (var dev = await ConnectAsync(master))
        {
            await dev.LogOnV1Async();
            Assert.Equal(queued, await dev.AskAsync("QUEUED_JOBS_STATUS"));
        }
    }

    private static Task<BranchPeer> ConnectAsync(MasterProcess master) => BranchPeer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, master.PortOf("branch")));

    /// <summary>Controllers have no way to be told; they ask again, as the real ones do once a second.</summary>
    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(MasterProcess.Patience);
        while (!await condition()) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, deadline.Token);
    }

    private static JsonObject Recipe(string name, params string[] script) => new()
    {
        ["name"] = name,
        ["version"] = "1.0",
        ["real_version"] = "1",
        ["dependencies"] = new JsonArray(),
        ["build_dependencies"] = new JsonArray(),
        ["cross_dependencies"] = new JsonArray(),
        ["source"] = "",
        ["extra_sources"] = new JsonArray(),
        ["description"] = "",
        ["build_script"] = new JsonArray([.. script.Select(l => (JsonNode)l)]),
    };
}
