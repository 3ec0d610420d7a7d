using System.Text.Json.Nodes;

namespace Quern.WorkerHost.Tests.Branch;

public sealed class LoginTests : BotFixture
{
    private const string NoRoots = """{"deploy_realroot": false, "deploy_crossroot": false, "realroot_packages": ["base", "glibc"], "packagelisturl": "http://10.0.0.1:8080/?get=packagelist"}""";

    private static string V2(string payload) => MasterConversation.Frame($$"""{"statuscode": 200, "payload": {{payload}}}""");

    [Fact]
    public async Task A_master_of_V2_1_hears_the_frames_of_the_specification_up_to_the_first_answer_to_a_ping()
    {
        StartBot();
        var master = await Master.NextAsync();

        await master.ExpectAsync(
            """139 {"command": "AUTH", "payload": {"machine_identifier": "bot1", "machine_type": "BUILD", "machine_authkey": "default", "machine_version": 1}}""",
            """136 {"statuscode": 200, "payload": {"auth_status": "Authentication completed.", "logon_message": "Branchmaster v0.7-pre (Anticitizen One)"}}""");
        await DescribedAsync(master);
        await master.ExpectAsync("""49 {"command": "GETDEPLOYMENTCONFIG", "payload": ""}""", V2(NoRoots));
        await master.ExpectAsync("""38 {"command": "SIGREADY", "payload": ""}""", """59 {"statuscode": 200, "payload": "Ready signal acknowledged"}""");
        await LoggedAsync("connected to");
        await master.SendAsync("""34 {"command": "PING", "payload": ""}""");
        await master.ExpectAsync("""34 {"command": "PONG", "payload": ""}""", null);
        // No answer to that: the next question is answered as well.
        await master.SendAsync("""34 {"command": "PING", "payload": ""}""");
        await master.ExpectAsync("""34 {"command": "PONG", "payload": ""}""", null);
    }

    [Fact]
    public async Task A_bot_without_a_key_sends_null()
    {
        StartBot(key: "");
        var master = await Master.NextAsync();

        Assert.Equal("""134 {"command": "AUTH", "payload": {"machine_identifier": "bot1", "machine_type": "BUILD", "machine_authkey": null, "machine_version": 1}}""", await master.ReadAsync());
    }

    [Theory]
    [InlineData("Protocol version is not matching. Requested protocol 0, while the server only provides protocol 1.")]
    [InlineData("Protocol version is not matching. Requested protocol 1, while the server only provides protocol 0.")]
    public async Task A_master_of_V2_0_is_asked_again_with_its_version_on_the_same_connection(string mismatch)
    {
        StartBot(key: "");
        var master = await Master.NextAsync();
        await master.ReadAsync();
        await master.SendAsync(MasterConversation.Frame($$"""{"statuscode": 400, "payload": "{{mismatch}}"}"""));

        await master.ExpectAsync(
            """134 {"command": "AUTH", "payload": {"machine_identifier": "bot1", "machine_type": "BUILD", "machine_authkey": null, "machine_version": 0}}""",
            """134 {"statuscode": 200, "payload": {"auth_status": "Authentication completed.", "logon_message": "Branchmaster v0.6 (The Northern Star)"}}""");
        await DescribedAsync(master);
        await LoggedAsync("Branch V2.0");
    }

    [Fact]
    public async Task A_master_of_V1_hears_the_old_words_after_it_did_not_know_the_young_one()
    {
        StartBot();
        var master = await Master.NextAsync();
        await master.ReadAsync();
        await master.SendAsync("7 INV_CMD");

        await V1LoginAsync(master);
        string machine = (await master.ReadAsync())!;
        Assert.Contains(" SET_MACHINE_INFORMATION {\"Architecture\": ", machine, StringComparison.Ordinal);
        await master.SendAsync("6 CMD_OK");
        await master.ExpectAsync("21 GET_DEPLOYMENT_CONFIG", MasterConversation.Frame(NoRoots));
        await master.ExpectAsync("9 SIG_READY", "6 CMD_OK");
        await master.SendAsync("4 PING");
        await master.ExpectAsync("4 PONG", "7 CMD_ACK");
        await master.SendAsync("4 PING");
        await master.ExpectAsync("4 PONG", "7 CMD_ACK");
    }

    [Fact]
    public async Task A_V1_master_without_keys_is_not_shown_one()
    {
        StartBot(key: "", revision: BranchRevision.V1b);
        var master = await Master.NextAsync();

        await master.ExpectAsync("22 SET_MACHINE_TYPE BUILD", "6 CMD_OK");
        await master.ExpectAsync("21 SET_MACHINE_NAME bot1", "6 CMD_OK");
    }

    [Fact]
    public async Task A_master_that_says_nothing_to_the_young_words_is_asked_in_the_old_ones_on_the_next_connection()
    {
        StartBot();
        var silent = await Master.NextAsync();
        await silent.ReadAsync();
        silent.Dispose();

        await V1LoginAsync(await Master.NextAsync());
    }

    [Fact]
    public async Task What_was_learned_holds_for_the_next_connection()
    {
        StartBot();
        var master = await Master.NextAsync();
        await master.ReadAsync();
        await master.SendAsync("7 INV_CMD");
        await V1LoginAsync(master);
        await master.ReadAsync();
        master.Dispose();

        await V1LoginAsync(await Master.NextAsync());
    }

    [Fact]
    public async Task A_revision_that_was_asked_for_is_the_only_one_that_is_tried()
    {
        StartBot(revision: BranchRevision.V21);
        var master = await Master.NextAsync();
        await master.ReadAsync();
        await master.SendAsync(MasterConversation.Frame("""{"statuscode": 400, "payload": "Protocol version is not matching. Requested protocol 1, while the server only provides protocol 0."}"""));

        Assert.Equal(4, await Running.WaitAsync(ScriptedMaster.Patience));
        await LoggedAsync("the master refuses the login: Protocol version is not matching.");
    }

    [Theory]
    [InlineData("""{"statuscode": 400, "payload": "Authkey is invalid."}""", null)]
    [InlineData("INV_AUTH_KEY", BranchRevision.V1b)]
    internal async Task A_refused_key_is_tried_again_later(string refusal, BranchRevision? revision)
    {
        StartBot(revision: revision);
        var master = await Master.NextAsync();
        await master.ReadAsync();
        await master.SendAsync(MasterConversation.Frame(refusal));

        await LoggedAsync("the master refuses the key");
        Assert.Null(await master.ReadAsync());
        Assert.NotNull(await (await Master.NextAsync()).ReadAsync());
    }

    [Fact]
    public async Task A_name_that_the_master_does_not_permit_ends_the_worker()
    {
        StartBot();
        var master = await Master.NextAsync();
        await master.ReadAsync();
        await master.SendAsync(MasterConversation.Frame("""{"statuscode": 400, "payload": "Requested client name is not permitted."}"""));

        Assert.Equal(4, await Running.WaitAsync(ScriptedMaster.Patience));
    }

    [Fact]
    public async Task A_stop_ends_an_idle_bot_with_zero()
    {
        StartBot();
        var master = await Master.NextAsync();
        await master.ReadAsync();

        await StopAsync();

        Assert.Equal(0, await Running);
        Assert.Null(await master.ReadAsync());
    }

    private static async Task DescribedAsync(MasterConversation master)
    {
        string frame = (await master.ReadAsync())!;
        var request = JsonNode.Parse(frame[(frame.IndexOf(' ', StringComparison.Ordinal) + 1)..])!;
        Assert.Equal("SETMACHINEINFO", request["command"]!.ToString());
        var facts = request["payload"]!.AsObject();
        Assert.Equal(
            ["Architecture", "Hostname", "Host Python Version", "Host Kernel", "Host Distribution", "Host libc", "CPU count", "CPU name", "Memory available", "Performance Rating"],
            facts.Select(f => f.Key));
        Assert.Equal(Environment.ProcessorCount, (int)facts["CPU count"]!);
        Assert.Matches("^[0-9]+\\.[0-9]{6}$", facts["Performance Rating"]!.ToJsonString());
        Assert.Matches("^[0-9]+\\.[0-9]{2}GB$", facts["Memory available"]!.ToString());
        Assert.Matches("^Linux [0-9]", facts["Host Kernel"]!.ToString());
        await master.SendAsync("""57 {"statuscode": 200, "payload": "Machine information set"}""");
    }

    private static async Task V1LoginAsync(MasterConversation master)
    {
        await master.ExpectAsync("12 AUTH default", "7 AUTH_OK");
        await master.ExpectAsync("22 SET_MACHINE_TYPE BUILD", "6 CMD_OK");
        await master.ExpectAsync("21 SET_MACHINE_NAME bot1", "6 CMD_OK");
    }
}
