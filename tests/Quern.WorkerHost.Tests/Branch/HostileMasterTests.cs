using System.Text.Json.Nodes;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>What a master says that is no master's business to say, and one that is not there any more.</summary>
public sealed class HostileMasterTests(SmallRoot root) : ReadyBot(root)
{
    private const string UnknownOrder = """{"command": "", "payload": ""}""";

    private static readonly string[] Endless = ["echo begun", "sleep 1000"];

    public static TheoryData<string> NoFrames => ["16777217 x", "99999999999 x", "0 ", " x", "-4 PING", "4x PING", "1e3 "];

    [Theory, MemberData(nameof(NoFrames))]
    public async Task What_is_no_frame_ends_the_connection_and_the_bot_comes_back(string bytes)
    {
        await ReadyAsync();

        await Talk.SendAsync(bytes);

        Assert.Null(await Talk.ReadAsync());
        await NextReadyAsync();
    }

    [Fact]
    public async Task Before_the_login_a_frame_may_be_short_only()
    {
        StartBot();
        var master = await Master.NextAsync();
        await master.ReadAsync();

        await master.SendAsync("65537 {");

        Assert.Null(await master.ReadAsync());
        await LoggedAsync("a frame of more than 65536 bytes");
    }

    [Theory]
    [InlineData("{\"command\"")]
    [InlineData("""{"command": "SHUTDOWN", "payload": ""}""")]
    [InlineData("""{"command": 5, "payload": {}}""")]
    [InlineData("[]")]
    public async Task A_young_order_that_is_none_is_answered_as_the_originals_do(string order)
    {
        await ReadyAsync();

        await Talk.SendAsync(MasterConversation.Frame(order));

        await Talk.ExpectAsync(MasterConversation.Frame(UnknownOrder), MasterConversation.Frame("""{"command": "PING", "payload": ""}"""));
        await Talk.ExpectAsync("""34 {"command": "PONG", "payload": ""}""", null);
    }

    [Fact]
    public async Task An_old_order_that_is_none_is_answered_as_the_originals_do()
    {
        await ReadyAsync("V1b");

        await Talk.SendAsync("11 BUILD_WORLD");

        await Talk.ExpectAsync("17 ERR_CMD_UNHANDLED", "7 INV_CMD");
        await Talk.SendAsync("4 PING");
        await Talk.ExpectAsync("4 PONG", "7 CMD_ACK");
    }

    [Fact]
    public async Task A_master_that_orders_nothing_sensible_is_left()
    {
        await ReadyAsync();

        for (int i = 0; i < 16; i++)
        {
            await Talk.SendAsync(MasterConversation.Frame("{}"));
            await Talk.ExpectAsync(MasterConversation.Frame(UnknownOrder), null);
        }

        Assert.Null(await Talk.ReadAsync());
        await NextReadyAsync();
    }

    [Theory]
    [InlineData("""{"command": "BUILD", "payload": {"buildtype": "RELEASE"}}""", "The recipe cannot be read")]
    [InlineData("""{"command": "BUILD", "payload": {"pkgbuild": {"name": "a", "version": "1", "real_version": "1"}}}""", "'buildtype'")]
    [InlineData("""{"command": "BUILD"}""", "'buildtype'")]
    public async Task An_order_without_its_parts_is_an_invalid_request_and_the_bot_is_ready(string order, string reason)
    {
        var master = await ReadyAsync();
        master.Said.Clear();

        await Talk.SendAsync(MasterConversation.Frame(order));
        Assert.True(await master.UntilReadyAsync());

        Assert.Equal(["REPORTSTATUSUPDATE INVALID_REQUEST", "APPENDLOG", "REPORTSTATUSUPDATE BUILD_FAILED", "SIGREADY"], master.Said);
        Assert.Contains(reason, Assert.Single(master.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_while_another_one_is_built_ends_the_connection_and_the_build()
    {
        var master = await ReadyAsync();
        await BuildingAsync(master, MasterScript.Recipe("zlib", Endless));

        await master.OrderAsync(MasterScript.Recipe("other", "true"));

        Assert.Null(await Talk.ReadAsync());
        await LoggedAsync("the master gives an order while this bot is busy");
        await NextReadyAsync();
        Assert.False(Directory.Exists(Path.Combine(Root, "branch", "build")));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task The_same_order_again_and_a_ping_are_passed_over_during_a_build(string dialect)
    {
        var master = await ReadyAsync(dialect);
        var recipe = MasterScript.Recipe("zlib", "true");
        bool again = false;
        master.Before = async note =>
        {
            if (!again && note.EndsWith("BUILDING", StringComparison.Ordinal))
            {
                again = true;
                await Talk.SendAsync(MasterConversation.Frame(master.IsOld ? "PING" : """{"command": "PING", "payload": ""}"""));
                await master.OrderAsync(recipe);
            }
            return true;
        };

        Assert.True(await master.BuildAsync(recipe));

        Assert.Single(master.Said, s => s.EndsWith("JOB_ACCEPTED", StringComparison.Ordinal));
        Assert.DoesNotContain("PONG", master.Said);
        Assert.True(await master.BuildAsync(MasterScript.Recipe("next", "true")));
    }

    [Fact]
    public async Task An_order_before_the_answer_to_a_pong_is_taken_after_it()
    {
        var master = await ReadyAsync("V1b");
        master.Said.Clear();

        await Talk.SendAsync("4 PING");
        Assert.Equal("4 PONG", await Talk.ReadAsync());
        await master.OrderAsync(MasterScript.Recipe("zlib", "true"));
        await Talk.SendAsync("7 CMD_ACK");

        Assert.True(await master.UntilReadyAsync());
        Assert.Equal("REPORT_STATUS_UPDATE JOB_ACCEPTED", master.Said[0]);
    }

    [Fact]
    public async Task An_answer_and_an_order_in_one_packet_are_two()
    {
        StartBot(revision: BranchRevision.V21);
        var master = await NextScriptAsync();
        master.Before = note => Task.FromResult(note != "SIGREADY");
        await master.UntilReadyAsync();
        master.Before = _ => Task.FromResult(true);
        master.Said.Clear();

        var order = new JsonObject { ["command"] = "BUILD", ["payload"] = new JsonObject { ["pkgbuild"] = MasterScript.Recipe("zlib", "true"), ["buildtype"] = "RELEASE" } };
        await Talk.SendAsync(MasterConversation.Frame("""{"statuscode": 200, "payload": "Ready signal acknowledged"}""") + MasterConversation.Frame(order.ToJsonString()));

        Assert.True(await master.UntilReadyAsync());
        Assert.Equal("REPORTSTATUSUPDATE JOB_ACCEPTED", master.Said[0]);
    }

    [Fact]
    public async Task An_answer_to_nothing_ends_the_connection()
    {
        await ReadyAsync();

        await Talk.SendAsync(MasterConversation.Frame("""{"statuscode": 200, "payload": "surprise"}"""));

        Assert.Null(await Talk.ReadAsync());
        await LoggedAsync("answers what was not asked");
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_job_that_the_master_has_taken_away_is_given_up(string dialect)
    {
        var master = await ReadyAsync(dialect);
        bool old = master.IsOld;
        master.Answers[old ? "REPORT_STATUS_UPDATE BUILDING" : "REPORTSTATUSUPDATE BUILDING"] = old ? "NO_JOB" : """{"statuscode": 400, "payload": "No job assigned to client."}""";

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", Endless)));

        Assert.DoesNotContain(master.Said, s => s.EndsWith("BUILD_FAILED", StringComparison.Ordinal));
        master.Answers.Clear();
        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "true")));
    }

    [Fact]
    public async Task A_job_whose_log_is_not_taken_any_more_is_given_up_within_its_script()
    {
        var master = await ReadyAsync();
        master.Before = note =>
        {
            if (note.EndsWith("BUILDING", StringComparison.Ordinal)) master.Answers["APPENDLOG"] = """{"statuscode": 400, "payload": "No job assigned to buildbot."}""";
            return Task.FromResult(true);
        };

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; done", "sleep 1004")));

        Assert.Equal(["APPENDLOG", "SIGREADY"], master.Said[^2..]);
        await LoggedAsync("gave zlib up: the master has no job of this bot any more: No job assigned to buildbot.");
        Assert.Empty(Sleepers("1004"));
    }

    [Fact]
    public async Task A_master_that_is_gone_ends_the_build()
    {
        var master = await ReadyAsync();
        await BuildingAsync(master, MasterScript.Recipe("zlib", Endless));

        Talk.Dispose();

        await NextReadyAsync();
        Assert.False(Directory.Exists(Path.Combine(Root, "branch", "build")));
    }

    [Theory, MemberData(nameof(Dialects))]
    public async Task A_master_that_vanishes_within_the_upload_is_joined_again(string dialect)
    {
        var master = await ReadyAsync(dialect);
        master.Before = async note =>
        {
            if (!note.StartsWith(master.IsOld ? "FILE_TRANSFER_MODE" : "FILETRANSFERMODE", StringComparison.Ordinal)) return true;
            await Talk.SendAsync(MasterConversation.Frame(master.IsOld ? "ACK_FILE_TRANSFER" : """{"statuscode": 200, "payload": "File transfer setup completed."}"""));
            await Talk.ReadBytesAsync(10);
            return false;
        };
        Assert.False(await master.BuildAsync(MasterScript.Recipe("zlib", "echo x > $PKG_INSTALL_DIR/x")));

        Talk.Dispose();

        var next = await NextReadyAsync(dialect);
        Assert.True(await next.BuildAsync(MasterScript.Recipe("zlib", "echo x > $PKG_INSTALL_DIR/x")));
        Assert.NotEmpty(next.Package);
    }

    [Fact]
    public async Task A_package_that_the_master_does_not_want_fails_the_build()
    {
        var master = await ReadyAsync();
        master.Answers["FILETRANSFERMODE"] = """{"statuscode": 400, "payload": "Datalength is invalid."}""";

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "true")));

        Assert.Equal(["FILETRANSFERMODE", "APPENDLOG", "REPORTSTATUSUPDATE BUILD_FAILED", "SIGREADY"], master.Said[^4..]);
    }

    [Fact]
    public async Task A_silent_master_is_left_and_joined_again()
    {
        await ReadyAsync(limits: Limits with { IdlePatience = TimeSpan.FromSeconds(1) });

        Assert.Null(await Talk.ReadAsync());
        await LoggedAsync("the master has said nothing for 1 s");
        await NextReadyAsync();
    }

    [Fact]
    public async Task A_master_that_does_not_answer_is_left()
    {
        StartBot(revision: BranchRevision.V21, limits: Limits with { AnswerPatience = TimeSpan.FromSeconds(1) });
        var master = await NextScriptAsync();
        master.Before = note => Task.FromResult(note != "SETMACHINEINFO");
        await master.UntilReadyAsync();

        Assert.Null(await Talk.ReadAsync());
        await LoggedAsync("the master has not answered for 1 s");
    }

    [Fact]
    public async Task A_package_list_that_cannot_be_had_is_reported_and_the_bot_comes_back()
    {
        StartBot(revision: BranchRevision.V21);
        var master = await NextScriptAsync();
        master.Deployment["packagelisturl"] = Small.Repository.Web.Url + "/nowhere";

        Assert.False(await master.UntilReadyAsync());

        Assert.StartsWith("REPORTSYSEVENT The root of bot1 cannot be made: ", master.Said[^1], StringComparison.Ordinal);
        await NextReadyAsync();
    }

    [Fact]
    public async Task A_script_without_an_end_is_ended_with_all_it_started()
    {
        var master = await ReadyAsync(limits: Limits with { BuildTime = TimeSpan.FromSeconds(3) });

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "sleep 1001 &", "sleep 1002")));

        Assert.Contains("[Builder] the build script took longer than 3 s and was ended", master.Log);
        Assert.Empty(Sleepers("1001").Concat(Sleepers("1002")));
    }

    [Fact]
    public async Task A_stop_ends_the_build_and_clears_its_folder()
    {
        var master = await ReadyAsync();
        await BuildingAsync(master, MasterScript.Recipe("zlib", "echo begun", "sleep 1003"));

        await StopAsync();

        Assert.Equal(0, await Running);
        Assert.Empty(Sleepers("1003"));
        Assert.False(Directory.Exists(Path.Combine(Root, "branch", "build")));
    }

    /// <summary>Orders a build and answers until its script runs.</summary>
    private static async Task BuildingAsync(MasterScript master, JsonObject recipe)
    {
        await master.OrderAsync(recipe);
        master.Said.Clear();
        // The last answer of this master: the script runs from here on.
        master.EndsAfter = "REPORTSTATUSUPDATE BUILDING";
        await master.UntilReadyAsync();
    }

    private static List<int> Sleepers(string seconds) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(p => int.TryParse(Path.GetFileName(p), out int id) ? id : 0).Where(id => id > 0 && CommandLine(id) == $"sleep\0{seconds}\0"),
    ];

    private static string CommandLine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
