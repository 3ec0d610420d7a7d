using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>Bots that want more than is theirs, and crowds of them.</summary>
public sealed class HostileBotTests
{
    public static TheoryData<string> Dialects => ScriptedBot.Dialects;

    [Fact]
    public async Task Who_may_not_be_a_bot_is_refused()
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var young = await farm.ConnectAsync();
        await using var old = await farm.ConnectAsync();

        Assert.Equal("Requested client type is invalid.", (await young.LogOnAsync(type: "BUILD"))["payload"]!.ToString());
        Assert.Equal("AUTH_OK", await old.AskAsync("AUTH default"));
        Assert.Equal("INV_MACHINE_TYPE", await old.AskAsync("SET_MACHINE_TYPE BUILD"));
        await farm.UntilAsync(async () => (await farm.EventsAsync("client.refused")).Any(e => e.Data.Contains("branch.bots.groups", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_bot_has_no_commands_of_a_controller(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var bot = await ScriptedBot.ConnectAsync(farm, dialect);

        foreach (var (old, young) in ((string, string)[])[("CHECKOUT_PACKAGE zlib", "CHECKOUT"), ("CLEAR_COMPLETED_JOBS", "CLEARCOMPLETEDJOBS"), ("ERR_CMD_UNHANDLED", "NOTHING")])
            Assert.Equal(dialect[1] == '1' ? "INV_CMD" : "Invalid command.", await bot.AskAsync(old, young));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task Without_a_job_nothing_is_taken(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var bot = await ScriptedBot.ConnectAsync(farm, dialect);
        bool old = dialect[1] == '1';

        Assert.Equal(old ? "NO_JOB" : "No job assigned to buildbot.", await bot.LogAsync("x"));
        Assert.Equal(old ? "NO_JOB" : "No job assigned.", await bot.AnnounceAsync(4));
        Assert.Equal(old ? "BYTE_COUNT_ERR" : "Datalength is invalid.", await bot.AnnounceAsync(-4));
        Assert.Equal(old ? "NO_JOB" : "No job assigned to client.", await bot.StatusAsync("BUILD_COMPLETE"));
        if (dialect == "V1a")
        {
            Assert.Equal("STATUS_ACK", await bot.StatusAsync("BUILD_FAILED"));
            Assert.Equal("STATUS_ACK", await bot.StatusAsync("BUILD_CLEAN"));
        }
    }

    [Theory]
    [InlineData("V1b")]
    [InlineData("V2.0")]
    [InlineData("V2.1")]
    public async Task Words_of_the_master_and_long_or_strange_ones_are_no_status(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync();
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await using var bot = await ScriptedBot.ReadyAsync(farm, dialect);
        await dev.BuildAsync("zlib");
        await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");

        foreach (string word in (string[])["COMPLETED", "FAILED", "WAITING", "BLOCKED", "UPLOADING", "building", "A B", "<b>", "", new string('A', 65)])
            Assert.Equal(dialect[1] == '1' ? "INV_CMD" : "Invalid status update.", await bot.StatusAsync(word));

        Assert.Equal("JOB_ACCEPTED", (await dev.JobsAsync()).Running[0]!["job_status"]!.ToString());
        foreach (string word in (string[])["BUILD_ENV_READY", "FETCHING_SOURCE", "FETCHING_SOURCES", "INSTALLING_DEPS", "INSTALLING_DEPENDENCIES", "BUILDING", "STRIP_BINS", "STRIPPING_BINARIES", "BUILD_COMPLETE", "CLEANING_BUILD_ENV"])
        {
            await bot.SayAsync(word);
            Assert.Equal(word, (await dev.JobsAsync()).Running[0]!["job_status"]!.ToString());
        }
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_package_over_the_limit_is_refused_by_its_length(string dialect)
    {
        await using var farm = await BranchFarm.StartAsync(alter: o => o with { MaxPackageBytes = 1000 });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync(BranchFarm.Recipe("zlib"));
        await using var bot = await ScriptedBot.ReadyAsync(farm, dialect);
        await dev.BuildAsync("zlib");
        await bot.OrderAsync();
        await bot.SayAsync("JOB_ACCEPTED");

        Assert.Equal(dialect[1] == '1' ? "BYTE_COUNT_ERR" : "Datalength is invalid.", await bot.AnnounceAsync(1001));
        await bot.SendAsync(new byte[1000]);
    }

    [Fact]
    public async Task A_bot_gets_no_name_of_a_worker_that_is_here_and_no_plan()
    {
        await using var farm = await BranchFarm.StartAsync();
        farm.Master.Attach(new TalkingLink(), 0);
        const string taken = "talker";
        await farm.UntilAsync(() => Task.FromResult(farm.Master.Pool.Find(new WorkerName(taken)) is not null));
        await using var bot = await ScriptedBot.ReadyAsync(farm, "V2.1", taken);

        await farm.UntilAsync(() => Task.FromResult(farm.Master.Pool.Standings().Length == 2));
        Assert.Equal([taken, taken + "-2"], farm.Master.Pool.Standings().Select(s => s.Description.Name.Value).Order());
        var offer = farm.Master.Pool.Standings().Single(s => s.Description.Protocol == "branch").ToOffer();
        Assert.True(offer.RecipesOnly);
        Assert.Contains("branch", offer.Tags);
    }

    [Fact]
    public async Task In_untrusted_mode_bots_come_in_when_that_group_may()
    {
        await using var farm = await BranchFarm.StartAsync(branch: new BranchSettings { Untrusted = true, Bots = new BranchBotSettings { Groups = ["untrusted"] } });
        await using var bot = await farm.ConnectAsync();

        var answer = await bot.AskAsync("AUTH", new JsonObject { ["machine_identifier"] = "bot1", ["machine_type"] = "BUILD", ["machine_authkey"] = null, ["machine_version"] = 0 });

        Assert.Equal("Branchmaster v0.6 (The Northern Star)", answer["payload"]!["logon_message"]!.ToString());
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Fifty_bots_build_for_five_hundred_controllers()
    {
        const int bots = 50, controllers = 500, packages = 150;
        // This machine plays all of them: how fast they are says nothing of the master.
        await using var farm = await BranchFarm.StartAsync(alter: o => o with { AcceptDeadline = TimeSpan.FromMinutes(2) });
        await using var dev = await Controller.ConnectAsync(farm, "V2.1");
        await dev.GiveAsync([.. Enumerable.Range(0, packages).Select(i => BranchFarm.Recipe($"p{i}"))]);
        string[] dialects = ["V1a", "V1b", "V2.0", "V2.1"];
        var crowd = await Task.WhenAll(Enumerable.Range(0, controllers).Select(i => farm.V2Async(name: $"dev{i}")));
        var workers = await Task.WhenAll(Enumerable.Range(0, bots).Select(i => ScriptedBot.ReadyAsync(farm, dialects[i % 4])));
        foreach (var bot in workers) bot.MayLookLate = true;
        using var done = new CancellationTokenSource();
        int built = 0;
        var building = workers.Select(async bot =>
        {
            while (!done.IsCancellationRequested)
            {
                try
                {
                    await bot.BuildAsync();
                    if (Interlocked.Increment(ref built) == packages) await done.CancelAsync();
                }
                catch (Exception) when (done.IsCancellationRequested)
                {
                    // There is nothing left to build: its connection is closed below.
                    return;
                }
            }
        }).ToArray();

        await Task.WhenAll(crowd.Select(async (peer, i) =>
        {
            if (i < packages) Assert.Equal(200, (int)(await peer.AskAsync("BUILD", new JsonObject { ["pkgname"] = $"p{i}", ["buildtype"] = "RELEASE" }))["statuscode"]!);
            for (int asked = 0; asked < 5; asked++) Assert.Equal(200, (int)(await peer.AskAsync("GETJOBSTATUS", ""))["statuscode"]!);
        }));
        await farm.UntilAsync(async () => (await farm.Store.ListPackageJobsAsync([JobState.Succeeded], null, 1000, CancellationToken.None)).Length == packages, TimeSpan.FromMinutes(3));
        foreach (var bot in workers) await bot.DisposeAsync();
        await Task.WhenAll(building);

        Assert.Empty(await farm.EventsAsync("job.lost"));
        Assert.Empty(await farm.EventsAsync("client.failed"));
        foreach (var peer in crowd) await peer.DisposeAsync();
    }
}
