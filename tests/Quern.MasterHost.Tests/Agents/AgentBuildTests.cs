using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.MasterHost.Agents;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Agents;

public sealed class AgentBuildTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_is_built_with_all_that_it_needs_to_join()
    {
        await using var farm = await BuildFarm.StartAsync();

        var steps = await farm.BuildAsync(BuildFarm.Order() with { Tags = ["arch=x86-64", "big"], Slots = 4 });

        Assert.Equal([AgentBuildStep.Queued, AgentBuildStep.Generate, AgentBuildStep.Package, AgentBuildStep.Done], steps.Select(s => s.Step));
        Assert.Equal(steps.Select(s => s.Percent).Order(), steps.Select(s => s.Percent));
        var artifact = steps[^1].Artifact!;
        byte[] bytes = await farm.FetchAsync(steps[^1].Build);
        Assert.Equal((artifact.Bytes, Convert.ToHexString(artifact.Sha256.Span)), (bytes.Length, Convert.ToHexString(SHA256.HashData(bytes))));
        var files = Unpack(bytes);
        Assert.Equal("quern-agent/agent.json, quern-agent/install.sh, quern-agent/quern-agent.service, quern-agent/quern-worker", string.Join(", ", files.Keys));
        Assert.Equal(BuildFarm.Elf(), files["quern-agent/quern-worker"]);
        var configuration = JsonNode.Parse(files["quern-agent/agent.json"])!;
        var (who, key, secret) = Assert.Single(farm.Desk.Keys);
        Assert.Equal(
            $$"""{"version":1,"group":"lab machines","farm":["192.0.2.7:8768"],"masters":["wss://192.0.2.7:9992"],"protocol":"buildbot-msgpack","spki":["{{BuildFarm.Pin}}"],"key":"{{secret}}","keyExpires":"2061-07-29T03:14:15Z","tags":["arch=x86-64","big"],"slots":4}""",
            configuration.ToJsonString());
        Assert.Equal(("g-1", 1, "user:mira", "key-1"), (key.Group, key.MaxUses, who.Principal.Name, artifact.KeyId));
        Assert.True(who.May(Right.AgentApprove, BuildFarm.Group));
        Assert.False(who.May(Right.AgentBuild, BuildFarm.Group));
    }

    [Theory]
    [InlineData("tar.gz")]
    [InlineData("sh")]
    [InlineData("deb")]
    [InlineData("rpm")]
    public async Task Every_artifact_has_a_key_of_its_own(string format)
    {
        await using var farm = await BuildFarm.StartAsync();

        var first = await farm.BuildAsync(BuildFarm.Order(format));
        var second = await farm.BuildAsync(BuildFarm.Order(format));

        Assert.Equal((AgentBuildStep.Done, AgentBuildStep.Done), (first[^1].Step, second[^1].Step));
        Assert.Equal(2, farm.Desk.Keys.Select(k => k.Secret).Distinct().Count());
        Assert.All(farm.Desk.Keys, k => Assert.Equal(1, k.Key.MaxUses));
        Assert.NotEqual(first[^1].Artifact!.KeyId, second[^1].Artifact!.KeyId);
    }

    [Fact]
    public async Task An_image_needs_a_root_and_says_how_to_get_one()
    {
        await using var farm = await BuildFarm.StartAsync();

        var without = await farm.BuildAsync(BuildFarm.Order("oci"));
        await File.WriteAllBytesAsync(farm["payloads/linux-x64/base.tar"], new byte[10240], Cancellation);
        var with = await farm.BuildAsync(BuildFarm.Order("oci"));

        Assert.Contains($"needs a root to stand on. Put one as base.tar or base.tar.gz into {farm["payloads/linux-x64"]}/", without[^1].Message, StringComparison.Ordinal);
        Assert.Equal(AgentBuildStep.Done, with[^1].Step);
    }

    [Fact, Trait("CWE", "400")]
    public async Task A_pipe_in_the_payload_folder_fails_the_build_and_holds_up_no_other()
    {
        await using var farm = await BuildFarm.StartAsync();
        await PipeAsync(farm["payloads/linux-x64/base.tar"]);
        Directory.CreateDirectory(farm["payloads/linux-arm64"]);
        await PipeAsync(farm["payloads/linux-arm64/quern-worker"]);

        var image = await farm.BuildAsync(BuildFarm.Order("oci"));
        var program = await farm.BuildAsync(BuildFarm.Order(platform: "linux-arm64"));

        Assert.Equal(
            (AgentBuildStep.Error, $"It could not be packed: {farm["payloads/linux-x64/base.tar"]} cannot be read: it is not a regular file"),
            (image[^1].Step, image[^1].Message));
        Assert.Equal(
            (AgentBuildStep.Error, $"{farm["payloads/linux-arm64/quern-worker"]} cannot be read: it is not a regular file"),
            (program[^1].Step, program[^1].Message));
        Assert.Equal(AgentBuildStep.Done, (await farm.BuildAsync(BuildFarm.Order()))[^1].Step);
    }

    private static Task PipeAsync(string path) => System.Diagnostics.Process.Start("mkfifo", path).WaitForExitAsync(Cancellation);

    [Fact]
    public async Task An_operators_root_goes_with_the_program_that_came_along()
    {
        await using var farm = await BuildFarm.StartAsync(withProgram: false);
        farm.PutProgram("beside", "linux-x64", BuildFarm.Elf());
        Directory.CreateDirectory(farm["payloads/linux-x64"]);
        await File.WriteAllBytesAsync(farm["payloads/linux-x64/base.tar"], new byte[10240], Cancellation);

        Assert.Equal(AgentBuildStep.Done, (await farm.BuildAsync(BuildFarm.Order("oci")))[^1].Step);
    }

    [Fact]
    public async Task A_platform_that_is_not_there_is_told_with_those_that_are()
    {
        await using var farm = await BuildFarm.StartAsync();
        farm.PutProgram("beside", "linux-arm64", BuildFarm.Elf(183));

        var missing = await farm.BuildAsync(BuildFarm.Order(platform: "linux-musl-x64"));
        var beside = await farm.BuildAsync(BuildFarm.Order(platform: "linux-arm64"));

        Assert.Equal(
            (AgentBuildStep.Error, $"There is no program for linux-musl-x64: there is linux-x64, linux-arm64. Put a quern-worker that was published for it into {farm["payloads/linux-musl-x64"]}/."),
            (missing[^1].Step, missing[^1].Message));
        Assert.Equal(AgentBuildStep.Done, beside[^1].Step);
        Assert.Single(farm.Desk.Keys);
    }

    [Fact]
    public async Task The_operators_program_comes_before_the_one_that_came_along()
    {
        await using var farm = await BuildFarm.StartAsync();
        farm.PutProgram("beside", "linux-x64", [.. BuildFarm.Elf(), 7]);

        Assert.Equal(4096, farm.Payloads.Find(Quern.Agents.AgentPlatform.Find("linux-x64")!)!.Bytes);
    }

    [Fact]
    public async Task A_program_for_another_machine_is_not_packed()
    {
        await using var farm = await BuildFarm.StartAsync();
        farm.PutProgram("payloads", "linux-x64", BuildFarm.Elf(183));

        var steps = await farm.BuildAsync(BuildFarm.Order());

        Assert.Contains("cannot be used: it is for aarch64, and linux-x64 means x86_64", steps[^1].Message, StringComparison.Ordinal);
        Assert.Empty(farm.Desk.Keys);
    }

    [Fact]
    public async Task A_farm_without_doors_for_agents_says_what_to_open()
    {
        await using var farm = await BuildFarm.StartAsync();

        farm.Doors = new FarmDoors([], farm.Doors.Masters, []);
        var admin = await farm.BuildAsync(BuildFarm.Order());
        farm.Doors = new FarmDoors([IPEndPoint.Parse("192.0.2.7:8768")], [], []);
        var masters = await farm.BuildAsync(BuildFarm.Order());

        Assert.Contains("No listener for administration is open", admin[^1].Message, StringComparison.Ordinal);
        Assert.Contains("No listener buildbot-msgpack with TLS is open", masters[^1].Message, StringComparison.Ordinal);
        Assert.Empty(farm.Desk.Keys);
    }

    [Theory]
    [InlineData("farm.example.org:8768 [2001:db8::7]:8769", "farm.example.org:8768 [2001:db8::7]:8769", "wss://farm.example.org:9992 wss://[2001:db8::7]:9992")]
    [InlineData("", "192.0.2.7:8768", "wss://192.0.2.7:9992")]
    public async Task Addresses_that_were_asked_for_come_in_their_order(string asked, string farmAddresses, string masters)
    {
        await using var farm = await BuildFarm.StartAsync();

        var steps = await farm.BuildAsync(BuildFarm.Order() with { Addresses = [.. asked.Split(' ', StringSplitOptions.RemoveEmptyEntries)] });

        var configuration = JsonNode.Parse(Unpack(await farm.FetchAsync(steps[^1].Build))["quern-agent/agent.json"])!;
        Assert.Equal((farmAddresses, masters), (string.Join(' ', configuration["farm"]!.AsArray()), string.Join(' ', configuration["masters"]!.AsArray())));
    }

    [Fact]
    public async Task A_door_at_every_address_is_reached_by_this_machines_names()
    {
        await using var farm = await BuildFarm.StartAsync();
        farm.Doors = new FarmDoors([IPEndPoint.Parse("[::]:8768")], [IPEndPoint.Parse("0.0.0.0:9992")], [BuildFarm.Pin]);

        var steps = await farm.BuildAsync(BuildFarm.Order());

        var configuration = JsonNode.Parse(Unpack(await farm.FetchAsync(steps[^1].Build))["quern-agent/agent.json"])!;
        Assert.DoesNotContain(configuration["farm"]!.AsArray(), a => $"{a}".StartsWith("0.0.0.0", StringComparison.Ordinal) || $"{a}".StartsWith("[::]", StringComparison.Ordinal));
        Assert.InRange(configuration["farm"]!.AsArray().Count, 1, 8);
    }

    [Fact]
    public async Task Without_a_key_nothing_is_packed()
    {
        await using var farm = await BuildFarm.StartAsync();
        farm.Desk.Refusal = EstateAnswer.Denied("not you");

        var steps = await farm.BuildAsync(BuildFarm.Order());

        Assert.Equal((AgentBuildStep.Error, "No key could be made for it: not you"), (steps[^1].Step, steps[^1].Message));
        Assert.False(Directory.Exists(Path.Combine(farm.BuildsFolder, steps[0].Build)) && File.Exists(Path.Combine(farm.BuildsFolder, steps[0].Build, "artifact")));
    }

    [Fact]
    public async Task One_is_built_sixteen_wait_and_the_next_is_turned_away()
    {
        await using var farm = await BuildFarm.StartAsync();
        farm.Hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new CountdownEvent(1 + AgentBuilds.MaxWaiting);
        var running = await OrderAsync();
        await farm.Held.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        for (int i = 0; i < AgentBuilds.MaxWaiting; i++) Assert.Equal(EstateCode.Accepted, (await OrderAsync()).Code);
        var refused = await OrderAsync();
        farm.Hold.SetResult();
        await Task.Run(() => Assert.True(ended.Wait(TimeSpan.FromSeconds(60))), Cancellation);

        Assert.Equal((EstateCode.Accepted, EstateCode.QueueFull), (running.Code, refused.Code));
        Assert.Equal(1 + AgentBuilds.MaxWaiting, (await farm.Builds.ListAsync(BuildFarm.Owner, Cancellation)).Count);
        Assert.Equal(EstateCode.Accepted, (await farm.Builds.BuildAsync(BuildFarm.Owner, BuildFarm.Order(), _ => { }, Cancellation)).Code);

        Task<EstateAnswer> OrderAsync() => farm.Builds.BuildAsync(BuildFarm.Owner, BuildFarm.Order(), step =>
        {
            if (step.Step == AgentBuildStep.Done) ended.Signal();
        }, Cancellation);
    }

    [Fact]
    public async Task Whoever_listens_badly_does_not_stop_the_builder()
    {
        await using var farm = await BuildFarm.StartAsync();

        await farm.Builds.BuildAsync(BuildFarm.Owner, BuildFarm.Order(), _ => throw new InvalidOperationException("gone"), Cancellation);
        var next = await farm.BuildAsync(BuildFarm.Order());

        Assert.Equal(AgentBuildStep.Done, next[^1].Step);
    }

    [Fact]
    public async Task Artifacts_are_fetched_in_parts_within_bounds()
    {
        await using var farm = await BuildFarm.StartAsync();
        var steps = await farm.BuildAsync(BuildFarm.Order());
        string build = steps[0].Build;
        long total = steps[^1].Artifact!.Bytes;

        async Task<(int, long)?> PartAsync(long offset, int max) =>
            await farm.Builds.FetchAsync(BuildFarm.Owner, build, offset, max, Cancellation) is { } part ? (part.Data.Length, part.Total) : null;

        Assert.Equal((100, total), await PartAsync(0, 100));
        Assert.Equal((1, total), await PartAsync(0, 0));
        Assert.Equal((1, total), await PartAsync(0, int.MinValue));
        Assert.Equal((10, total), await PartAsync(total - 10, int.MaxValue));
        Assert.Equal((0, total), await PartAsync(total, 100));
        Assert.Null(await PartAsync(total + 1, 100));
        Assert.Null(await PartAsync(-1, 100));
        Assert.Null(await farm.Builds.FetchAsync(BuildFarm.Owner, "../" + build, 0, 100, Cancellation));
    }

    [Fact]
    public async Task Builds_outlive_a_restart_and_are_forgotten_after_a_day()
    {
        await using var farm = await BuildFarm.StartAsync();
        var steps = await farm.BuildAsync(BuildFarm.Order());
        byte[] before = await farm.FetchAsync(steps[0].Build);

        await farm.RestartAsync();
        byte[] after = await farm.FetchAsync(steps[0].Build);
        farm.Time.Advance(TimeSpan.FromHours(24));

        Assert.Equal(before, after);
        Assert.Null(await farm.Builds.FetchAsync(BuildFarm.Owner, steps[0].Build, 0, 100, Cancellation));
        await farm.BuildAsync(BuildFarm.Order());   // sweeps before it begins
        Assert.False(Directory.Exists(Path.Combine(farm.BuildsFolder, steps[0].Build)));
    }

    [Fact]
    public async Task What_is_of_no_build_is_cleared_away_at_the_start()
    {
        await using var farm = await BuildFarm.StartAsync();
        var steps = await farm.BuildAsync(BuildFarm.Order());
        Directory.CreateDirectory(Path.Combine(farm.BuildsFolder, "half"));
        await File.WriteAllTextAsync(Path.Combine(farm.BuildsFolder, "half", "artifact"), "x", Cancellation);

        await farm.RestartAsync();

        Assert.Equal([steps[0].Build], Directory.GetDirectories(farm.BuildsFolder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Files_with_keys_are_for_their_owner_alone()
    {
        await using var farm = await BuildFarm.StartAsync();

        var steps = await farm.BuildAsync(BuildFarm.Order());

        const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string folder = Path.Combine(farm.BuildsFolder, steps[0].Build);
        Assert.Equal((Mine | UnixFileMode.UserExecute, Mine | UnixFileMode.UserExecute, Mine),
            (File.GetUnixFileMode(farm.BuildsFolder), File.GetUnixFileMode(folder), File.GetUnixFileMode(Path.Combine(folder, "artifact"))));
    }

    [Fact]
    public async Task The_journal_tells_of_builds_and_refusals_without_the_key()
    {
        await using var farm = await BuildFarm.StartAsync();
        await farm.BuildAsync(BuildFarm.Order());
        await farm.Builds.BuildAsync(BuildFarm.Caller(), BuildFarm.Order(), _ => { }, Cancellation);

        var events = (await farm.Store.ReadJournalAsync(0, 1000, Cancellation)).Where(e => e.Kind is EventKinds.AgentBuilt or EventKinds.EstateRefused).ToList();

        Assert.Equal([EventKinds.AgentBuilt, EventKinds.EstateRefused], events.Select(e => e.Kind));
        Assert.All(events, e => Assert.Equal("user:mira", e.Actor));
        Assert.Contains("192.0.2.1", events[0].Data, StringComparison.Ordinal);
        Assert.All(events, e => Assert.DoesNotContain(farm.Desk.Keys.Single().Secret, e.Data, StringComparison.Ordinal));
    }

    private static Dictionary<string, byte[]> Unpack(byte[] tarGz)
    {
        using var gzip = new GZipStream(new MemoryStream(tarGz), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        var files = new Dictionary<string, byte[]>();
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.DataStream is not { } content) continue;
            var copy = new MemoryStream();
            content.CopyTo(copy);
            files[entry.Name] = copy.ToArray();
        }
        return files;
    }
}
