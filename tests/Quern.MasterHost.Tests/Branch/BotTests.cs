using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost.Api;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>Build bots of every dialect at a whole master.</summary>
public sealed class BotTests
{
    public static TheoryData<string> Dialects => ScriptedBot.Dialects;

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_bot_builds_a_recipe_and_the_package_is_listed(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await using var bot = await ScriptedBot.ReadyAsync(farm, dialect);

        Assert.True(dev.IsDone(await dev.BuildAsync("zlib")));
        var recipe = await bot.BuildAsync();

        Assert.Equal("zlib", recipe["name"]!.ToString());
        var job = await FinishedAsync(farm, "zlib");
        Assert.True(job.State == JobState.Succeeded, job.Reason);
        Assert.Equal("bot1", job.Worker?.Value);
        Assert.Equal("""["zlib"]""", (await dev.PackagesAsync()).ToJsonString());
        string[] log = [.. (await dev.LogAsync(job.Id.ToString())).AsArray().Select(l => l!.ToString())];
        Assert.Contains("make größer", log);
        Assert.Contains("--- JOB_ACCEPTED", log);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_cross_build_is_ordered_as_one_with_its_extra_sources_and_nothing_else(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        byte[] patch = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
        string mine = await AddSourceAsync(farm, "../fix.patch", patch), other = await AddSourceAsync(farm, "secret", [1, 2, 3]);
        var recipe = BranchFarm.Recipe("zlib");
        recipe["extra_sources"] = new JsonArray(mine);
        await dev.GiveAsync(recipe);
        await using var bot = await ScriptedBot.ConnectAsync(farm, dialect);
        string unknown = dialect[1] == '1' ? "INV_EXTRA_SOURCE" : "No such extrasource available.";
        Assert.Equal(unknown, await bot.SourceInfoAsync(mine));
        await bot.ReadyAsync();

        Assert.True(dev.IsDone(await dev.BuildAsync("zlib", cross: true)));
        var (ordered, type) = await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");

        Assert.Equal("CROSS", type);
        Assert.Equal(recipe.ToJsonString(), ordered.ToJsonString());
        Assert.Equal(dialect[1] == '1' ? """{"filename": "fix.patch", "datalen": 300000}""" : """{"filename":"fix.patch","datalength":300000}""", await bot.SourceInfoAsync(mine));
        Assert.Equal(patch, await bot.FetchAsync(mine, patch.Length));
        Assert.Equal(unknown, await bot.SourceInfoAsync(other));
        Assert.Equal(dialect[1] == '1' ? "INV_EXTRA_SOURCE" : "Invalid extra source id.", await bot.AskAsync("FETCH_EXTRA_SOURCE", "FETCHEXTRASOURCE", other));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_build_that_failed_or_brought_nothing_or_the_wrong_thing_fails_with_its_reason(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("one"), BranchFarm.Recipe("two"), BranchFarm.Recipe("three"), BranchFarm.Recipe("four"));
        await using var bot = await ScriptedBot.ReadyAsync(farm, dialect);

        await dev.BuildAsync("one");
        await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");
        await bot.LogAsync("no rule to make target");
        await bot.SayAsync("BUILD_FAILED");
        await bot.ReadyAsync();
        var job = await FinishedAsync(farm, "one");
        Assert.Equal((JobState.Failed, "The bot says that the build failed; its log tells why."), (job.State, job.Reason));

        await dev.BuildAsync("two");
        await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");
        await bot.ReadyAsync();
        job = await FinishedAsync(farm, "two");
        Assert.Equal((JobState.Failed, "The bot was ready again without having sent a package; its last word was JOB_ACCEPTED."), (job.State, job.Reason));

        await dev.BuildAsync("three");
        await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");
        await bot.SendAsync("this is no package"u8.ToArray());
        await bot.ReadyAsync();
        job = await FinishedAsync(farm, "three");
        Assert.Equal(JobState.Failed, job.State);
        Assert.StartsWith("The uploaded package is not taken", job.Reason, StringComparison.Ordinal);

        await dev.BuildAsync("four");
        await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");
        await bot.SendAsync(await LeafPackage.MakeAsync(BranchFarm.Recipe("one")));
        await bot.ReadyAsync();
        Assert.Equal(JobState.Failed, (await FinishedAsync(farm, "four")).State);
        Assert.Equal("[]", (await dev.PackagesAsync()).ToJsonString());
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_bot_that_goes_away_loses_its_job_which_runs_again_before_others(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("first"), BranchFarm.Recipe("second"));
        var dying = await ScriptedBot.ReadyAsync(farm, dialect);
        await dev.BuildAsync("first");
        await dev.BuildAsync("second");
        await dying.OrderAsync();
        await dying.SayAsync("JOB_ACCEPTED");
        await dying.LogAsync("begun");
        byte[] half = new byte[100];
        await dying.AnnounceAsync(1000);
        await dying.Peer.WriteAsync(half);
        await dying.DisposeAsync();
        await farm.UntilAsync(async () => (await farm.EventsAsync("job.lost")).Length == 1);

        await using var next = await ScriptedBot.ReadyAsync(farm, dialect);
        var recipe = await next.BuildAsync();

        Assert.Equal("first", recipe["name"]!.ToString());
        var job = await FinishedAsync(farm, "first");
        Assert.Equal((JobState.Succeeded, 2), (job.State, job.Attempt));
        string[] log = [.. (await dev.LogAsync(job.Id.ToString())).AsArray().Select(l => l!.ToString())];
        Assert.True(Array.IndexOf(log, "begun") < Array.IndexOf(log, "[quern] attempt 2: the one before was lost"));
        Assert.Equal("second", (await next.BuildAsync())["name"]!.ToString());
        var worker = await farm.Master.Services.GetRequiredService<WorkerBook>().FindAsync(new WorkerName("bot1"), CancellationToken.None);
        Assert.Equal(["connected", "disconnected", "connected"], worker!.Events!.Value.Select(e => e.Kind));
        Assert.Equal("branch", worker.Protocol);
    }

    [Fact]
    public async Task Two_bots_of_one_name_are_two_workers_and_build_beside_each_other()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("one"), BranchFarm.Recipe("two"));
        await using var old = await ScriptedBot.ReadyAsync(farm, "V1b", "twin bot");
        await using var young = await ScriptedBot.ReadyAsync(farm, "V2.0", "twin bot");

        await dev.BuildAsync("one");
        await dev.BuildAsync("two");
        var first = await old.OrderAsync();
        var second = await young.OrderAsync();

        Assert.NotEqual(first.Recipe["name"]!.ToString(), second.Recipe["name"]!.ToString());
        Assert.Equal(["twin_bot", "twin_bot-2"], (await dev.ClientsAsync()).Bots.Select(b => b!.ToString()));
        await old.SayAsync("JOB_ACCEPTED");
        await young.SayAsync("BUILDING");
        string[] running = [.. (await dev.JobsAsync()).Running.Select(j => j!["job_status"]!.ToString()).Order()];
        Assert.Equal(["BUILDING", "JOB_ACCEPTED"], running);
        var info = await dev.ClientInfoAsync("twin_bot-2");
        Assert.Equal(("build-7", 0.512345, 0), ((string)info["Hostname"]!, (double)info["Performance Rating"]!, (int)info["Timed out commands [recovered]"]!));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_cancelled_job_ends_at_once_and_its_bot_gets_the_next_one_when_it_is_ready(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("one"), BranchFarm.Recipe("two"));
        await using var bot = await ScriptedBot.ReadyAsync(farm, dialect);
        await dev.BuildAsync("one");
        var (recipe, _) = await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");
        var job = (await JobsAsync(farm)).Single();

        Assert.IsNotType<CancelResult.NotFound>(await farm.Store.CancelAsync(job.Id, "not needed", Actor.Farm, CancellationToken.None));
        job = await FinishedAsync(farm, "one");
        Assert.Equal(JobState.Cancelled, job.State);
        await dev.BuildAsync("two");
        Assert.True(await bot.Peer.IsSilentAsync(TimeSpan.FromSeconds(1)));
        await bot.LogAsync("still at it");
        await bot.SendAsync(await LeafPackage.MakeAsync(recipe));
        await bot.ReadyAsync();

        Assert.Equal("two", (await bot.BuildAsync())["name"]!.ToString());
        Assert.Equal(JobState.Succeeded, (await FinishedAsync(farm, "two")).State);
        Assert.Equal("""["two"]""", (await dev.PackagesAsync()).ToJsonString());
        Assert.DoesNotContain("still at it", (await dev.LogAsync(job.Id.ToString())).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_that_a_new_bot_does_not_accept_goes_elsewhere_and_the_bot_is_thrown_out()
    {
        await using var farm = await BranchFarm.StartAsync(alter: o => o with { AcceptDeadline = TimeSpan.FromSeconds(3) });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await using var deaf = await ScriptedBot.ReadyAsync(farm, "V2.1", "deaf");
        await dev.BuildAsync("zlib");
        await deaf.OrderAsync();
        await using var good = await ScriptedBot.ReadyAsync(farm, "V2.1", "good");

        await good.BuildAsync();

        Assert.Equal(JobState.Succeeded, (await FinishedAsync(farm, "zlib")).State);
        await deaf.Peer.ExpectCloseAsync();
        await farm.UntilAsync(async () => (await dev.SystemLogAsync()).AsArray().Any(l =>
            l!.ToString().EndsWith("Overwatch => Buildbot 'deaf' kicked by Overwatch (Reason: No response)", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_order_that_an_old_bot_does_not_accept_comes_again_and_then_the_bot_is_thrown_out()
    {
        await using var farm = await BranchFarm.StartAsync(alter: o => o with { AcceptDeadline = TimeSpan.FromSeconds(3) });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await using var bot = await ScriptedBot.ReadyAsync(farm, "V1b");
        await dev.BuildAsync("zlib");

        Assert.Equal("zlib", (await bot.OrderAsync()).Recipe["name"]!.ToString());
        Assert.Equal("zlib", (await bot.OrderAsync()).Recipe["name"]!.ToString());
        Assert.Equal(1, (int)(await dev.ClientInfoAsync("bot1"))["Timed out commands [recovered]"]!);
        await bot.Peer.ExpectCloseAsync();

        await using var next = await ScriptedBot.ReadyAsync(farm, "V1b");
        await next.BuildAsync();
        Assert.Equal(JobState.Succeeded, (await FinishedAsync(farm, "zlib")).State);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_job_waits_for_the_pong_of_an_idle_bot_and_comes_after_its_answer(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await using var bot = await ScriptedBot.ReadyAsync(farm, dialect);
        Assert.Equal(dialect[1] == '1' ? "PING" : """{"command": "PING", "payload": ""}""", await bot.Peer.ReadAsync());

        Assert.True(dev.IsDone(await dev.BuildAsync("zlib")));
        Assert.True(await bot.Peer.IsSilentAsync(TimeSpan.FromSeconds(1)));
        await bot.PongAsync();

        Assert.Equal("zlib", (await bot.BuildAsync())["name"]!.ToString());
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task An_idle_bot_that_does_not_answer_is_thrown_out(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync(alter: o => o with { PingInterval = TimeSpan.FromSeconds(3) });
        await using var bot = await ScriptedBot.ReadyAsync(farm, dialect);
        await bot.Peer.ReadAsync();
        await bot.PongAsync();
        Assert.Contains("PING", await bot.Peer.ReadAsync(), StringComparison.Ordinal);

        await bot.Peer.ExpectCloseAsync();

        await farm.UntilAsync(async () => (await farm.EventsAsync("worker.disconnected")).Any(e => e.Data.Contains("kicked by Overwatch (Reason: No response)", StringComparison.Ordinal)));
        Assert.Empty(farm.Master.Pool.Standings());
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task Between_an_answer_and_an_order_there_is_time(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var bot = await ScriptedBot.ConnectAsync(farm, dialect);
        await bot.ReadyAsync();
        long answered = TimeProvider.System.GetTimestamp();

        await bot.Peer.ReadAsync();

        Assert.True(TimeProvider.System.GetElapsedTime(answered) > TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task Deployment_follows_what_is_built()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("glibc"), BranchFarm.Recipe("crosstools"));
        await using var bot = await ScriptedBot.ReadyAsync(farm, "V2.0");
        // A bot that is ready asks nothing: this one is about to be.
        await using var asking = await ScriptedBot.ConnectAsync(farm, "V2.0", "bot2");
        Assert.Equal(
            """{"deploy_realroot":false,"deploy_crossroot":false,"realroot_packages":["glibc"],"packagelisturl":"http://10.0.0.1:8080/?get=packagelist"}""",
            (await asking.DeploymentAsync()).ToJsonString());

        await dev.BuildAsync("glibc");
        await bot.BuildAsync();
        await FinishedAsync(farm, "glibc");
        Assert.True((bool)(await asking.DeploymentAsync())["deploy_realroot"]!);
        await dev.BuildAsync("crosstools", cross: true);
        await bot.BuildAsync();
        await FinishedAsync(farm, "crosstools");

        Assert.True((bool)(await asking.DeploymentAsync())["deploy_crossroot"]!);
    }

    [Fact]
    public async Task Files_of_other_packages_are_conflicts_and_the_build_fails()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("m4"), BranchFarm.Recipe("zlib"));
        await using var idle = await ScriptedBot.ConnectAsync(farm, "V2.1", "bot2");
        await using var bot = await ScriptedBot.ReadyAsync(farm, "V2.1");
        await dev.BuildAsync("m4");
        Assert.Equal("No job assigned.", await idle.AskAsync("", "SUBMITCONTENT", new JsonArray("/usr/bin/m4")));
        await bot.BuildAsync("usr/bin/m4", "readme");
        await FinishedAsync(farm, "m4");

        await dev.BuildAsync("zlib");
        var (recipe, _) = await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");
        Assert.Equal("No conflicts found.", await bot.AskAsync("", "SUBMITCONTENT", new JsonArray("/usr/lib/libz.so")));
        Assert.Equal("Invalid file list.", await bot.AskAsync("", "SUBMITCONTENT", ""));
        Assert.Equal("""[{"m4":"/usr/bin/m4"},{"m4":"readme"}]""", await bot.AskAsync("", "SUBMITCONTENT", new JsonArray("/usr/bin/m4", "/usr/bin/zip", "readme")));
        await bot.SendAsync(await LeafPackage.MakeAsync(recipe));
        await bot.ReadyAsync();

        var job = await FinishedAsync(farm, "zlib");
        Assert.Equal((JobState.Failed, "The package has files that other packages have: /usr/bin/m4 (m4), readme (m4)."), (job.State, job.Reason));
    }

    [Fact]
    public async Task The_files_of_an_imported_package_are_conflicts_too()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        byte[] file = await LeafPackage.MakeAsync(BranchFarm.Recipe("m4", realVersion: "7"), "usr/bin/m4");
        using var client = farm.HttpClient();
        using var answer = await client.PutAsync("/api/v1/packages/m4/7?version=1.2.13", new ByteArrayContent(file));
        Assert.Equal(System.Net.HttpStatusCode.Created, answer.StatusCode);
        await using var bot = await ScriptedBot.ReadyAsync(farm, "V2.1");

        await dev.BuildAsync("zlib");
        await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");

        Assert.Equal("""[{"m4":"/usr/bin/m4"}]""", await bot.AskAsync("", "SUBMITCONTENT", new JsonArray("/usr/bin/m4", "/usr/bin/zip")));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task What_a_bot_reports_is_a_system_event_and_no_flood(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await using var bot = await ScriptedBot.ConnectAsync(farm, dialect);

        for (int i = 0; i < 100; i++) Assert.Equal(dialect[1] == '1' ? "RECV_SYS_EVENT" : "System event received.", await bot.ReportAsync($"disk full {i}"));

        Assert.Contains((await dev.SystemLogAsync()).AsArray(), l => l!.ToString().EndsWith("bot1 => disk full 0", StringComparison.Ordinal));
        Assert.InRange((await farm.EventsAsync("client.reported")).Length, 1, 30);
    }

    [Fact]
    public async Task The_faster_bot_gets_the_job()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"), BranchFarm.Recipe("m4"));
        await using var slow = await ScriptedBot.ReadyAsync(farm, "V2.1", "a-slow", rating: 0.9);
        await using var fast = await ScriptedBot.ReadyAsync(farm, "V2.1", "b-fast", rating: 0.2);
        await slow.Peer.ReadAsync();   // both are asked whether they live, and idle from then on
        await slow.PongAsync();
        await fast.Peer.ReadAsync();
        await fast.PongAsync();
        await slow.DeploymentAsync();   // has no answer before the pong is taken
        await fast.DeploymentAsync();

        await dev.BuildAsync("zlib");
        await fast.OrderAsync();
        await fast.SayAsync("JOB_ACCEPTED");
        await dev.BuildAsync("m4");
        await slow.BuildAsync();

        Assert.Equal("a-slow", (await FinishedAsync(farm, "m4")).Worker?.Value);
    }

    [Fact]
    public async Task Recipes_wait_for_bots_where_the_configuration_says_so()
    {
        await using var farm = await BranchFarm.StartAsync(branch: BranchFarm.Keys with { Bots = BranchFarm.Keys.Bots with { TakeAllRecipes = true } });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        farm.Master.Attach(new TalkingLink(), 4);
        await farm.UntilAsync(() => Task.FromResult(farm.Master.Pool.Standings().Any(s => s.Free == 4)));

        await dev.BuildAsync("zlib");
        var plan = new NewJob { Id = JobId.Create(TimeProvider.System.GetUtcNow()), Title = "behind it in the queue", Plan = new Plan([]) };
        Assert.IsType<SubmitResult.Accepted>(await farm.Store.SubmitAsync(new Submission([plan]), Actor.Farm, CancellationToken.None));
        await farm.UntilAsync(async () => (await farm.Store.FindJobAsync(plan.Id.ToString(), CancellationToken.None))!.State.IsFinished());
        Assert.Equal(JobState.Ready, Assert.Single(await JobsAsync(farm), j => j.Package is not null).State);
        await using var bot = await ScriptedBot.ReadyAsync(farm, "V2.1");
        await bot.BuildAsync();

        Assert.Equal("bot1", (await FinishedAsync(farm, "zlib")).Worker?.Value);
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_bot_that_builds_for_too_long_is_thrown_out_and_its_job_runs_again(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync(alter: o => o with { MaxBuildTime = TimeSpan.FromSeconds(2) });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await using var endless = await ScriptedBot.ReadyAsync(farm, dialect, "endless");
        await dev.BuildAsync("zlib");
        await endless.OrderAsync();
        await endless.SayAsync("JOB_ACCEPTED");

        await endless.Peer.ExpectCloseAsync();

        await using var other = await ScriptedBot.ReadyAsync(farm, dialect, "other");
        await other.OrderAsync();
        Assert.Contains(await farm.EventsAsync("job.lost"), e => e.Data.Contains("it built for over", StringComparison.Ordinal));
    }

    private static async Task<string> AddSourceAsync(BranchFarm farm, string name, byte[] bytes)
    {
        await using var writer = farm.Master.Blobs.Create(bytes.Length);
        await writer.WriteAsync(bytes);
        var stored = await writer.CommitAsync();
        return await farm.Store.AddSourceAsync(name, "", stored.Sha256, stored.Bytes, Actor.Farm, CancellationToken.None);
    }

    private static async Task<JobRow> FinishedAsync(BranchFarm farm, string package)
    {
        JobRow? found = null;
        await farm.UntilAsync(async () =>
        {
            found = (await JobsAsync(farm)).FirstOrDefault(j => j.Package?.Value == package);
            return found is { } job && job.State.IsFinished();
        });
        return found!;
    }

    private static async Task<ImmutableArray<JobRow>> JobsAsync(BranchFarm farm)
    {
        var jobs = ImmutableArray.CreateBuilder<JobRow>();
        for (int number = 1; await farm.Store.FindJobAsync(number.ToString(System.Globalization.CultureInfo.InvariantCulture), CancellationToken.None) is { } job; number++) jobs.Add(job);
        return jobs.ToImmutable();
    }
}
