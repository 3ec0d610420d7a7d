using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Admin;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>What goes on after its answer, or is answered long after: builds, streams, requests for agents.</summary>
public sealed class AdminLongTalkTests
{
    private static readonly RQ_STStream s_users = new() { StreamId = 7777, Oid = "/user", Permanent = true, Direction = RQ_STStream.Types.Direction.Downstream };

    [Fact]
    public async Task A_build_is_accepted_and_tells_how_it_goes()
    {
        await using var talk = new AdminTalk();
        talk.Desks.Answer = new EstateAnswer(EstateCode.Accepted, Id: "b1");
        Action<AgentProgress>? tell = null;
        talk.Desks.Build = progress => tell = progress;
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");

        var answer = await talker.AnswerAsync(new RQ_BuildAgent { Group = "labs", ProgressStreamId = 42, GeneratorOptions = new() { Os = OsType.OsLinux, Arch = ArchType.ArchAarch64 }, PackagerOptions = new() { Format = "deb" } });
        tell!(new AgentProgress("b1", AgentBuildStep.Package, 40, "packing"));
        tell(new AgentProgress("b1", AgentBuildStep.Done, 100, "", new AgentArtifact("agent.deb", 9, new byte[] { 1 }, "k1")));

        Assert.Equal(("BUILD_AGENT_ACCEPTED", "b1"), (AdminTalker.NameOf(answer), AdminTalker.TailOf(answer).Build.BuildId));
        Assert.Equal(("linux-arm64", "deb", null), talk.Desks.Last is AgentOrder o ? (o.Platform, o.Format, o.Deploy) : default);
        var (packing, done) = (await NewsAsync<EV_BuildProgress>(talker, 42), await NewsAsync<EV_BuildProgress>(talker, 42));
        Assert.Equal((EV_BuildProgress.Types.Step.BuildPackage, 40u, "packing"), (packing.Step, packing.Percent, packing.Message));
        Assert.Equal(("agent.deb", 9, "k1"), (done.Result.ArtifactName, done.Result.ArtifactSize, done.Result.EnrolmentTokenId));
    }

    [Theory, InlineData(AgentBuildStep.Done, "BUILD_AGENT_OK"), InlineData(AgentBuildStep.Error, "BUILD_AGENT_FAILED")]
    public async Task An_inherited_client_is_answered_when_its_agent_is_built(AgentBuildStep end, string result)
    {
        await using var talk = new AdminTalk();
        Action<AgentProgress>? tell = null;
        talk.Desks.Build = progress => tell = progress;
        var talker = await talk.LogInAsync("mira", ["*"]);

        await talker.SendAsync(new RQ_BuildAgent { Group = "labs" });
        // Other things are answered meanwhile.
        Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
        tell!(new AgentProgress("b1", AgentBuildStep.Package, 40, ""));
        tell(new AgentProgress("b1", end, 100, ""));
        tell(new AgentProgress("b1", end, 100, ""));

        Assert.Equal(result, AdminTalker.NameOf((await talker.ReceiveAsync())!));
        Assert.Equal("PING_OK", AdminTalker.NameOf(await talker.AnswerAsync(new RQ_Ping())));
    }

    [Fact]
    public async Task An_agent_for_another_system_cannot_be_built_and_an_artifact_comes_in_pieces()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");
        talk.Desks.Part = new AgentArtifactPart(new byte[] { 5, 6 }, 8, 10);

        Assert.Equal("BUILD_AGENT_INVALID_OPTIONS", await talker.AskAsync(new RQ_BuildAgent { Group = "labs", GeneratorOptions = new() { Os = OsType.OsWindows } }));
        var part = await talker.AskAsync<RS_FetchArtifact>(new RQ_FetchArtifact { BuildId = "b1", Offset = 8, MaxBytes = uint.MaxValue });

        Assert.Equal((2, 8, 10, true), (part.Data.Length, part.Offset, part.Total, part.End));
        Assert.Equal(("b1", 8L, 1 << 20), talk.Desks.Last);
        Assert.Equal(0, (await talker.AskAsync<RS_FetchArtifact>(new RQ_FetchArtifact { BuildId = "b1", Offset = -1 })).Total);
    }

    [Fact]
    public async Task A_stream_shows_what_there_is_and_then_what_changes()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["user:list"]);

        Assert.Equal("ST_STREAM_OK", await talker.AskAsync(s_users));
        var first = new[] { await NewsAsync<EV_STStreamData>(talker, 7777), await NewsAsync<EV_STStreamData>(talker, 7777), await NewsAsync<EV_STStreamData>(talker, 7777) };
        Assert.Equal(["1/email", "1/expiration", "1/username"], first.Select(f => f.Oid));
        Assert.Equal(("alice", EV_STStreamData.Types.ValueType.String), (first[2].String, first[2].ValueType));

        talk.Desks.Users = [new UserFacts("1", "alice") { Email = "a@example.org" }, new UserFacts("2", "bob")];
        talk.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("a@example.org", (await NewsAsync<EV_STStreamData>(talker, 7777)).String);
        Assert.Equal("2/email", (await NewsAsync<EV_STStreamData>(talker, 7777)).Oid);
        await NewsAsync<EV_STStreamData>(talker, 7777);
        await NewsAsync<EV_STStreamData>(talker, 7777);

        Assert.Equal("ST_STREAM_FAILED", await talker.AskAsync(s_users));
        Assert.Equal("STOP_STREAM_OK", await talker.AskAsync(new RQ_StopStream { Id = 7777 }));
        Assert.Equal("STOP_STREAM_INVALID", await talker.AskAsync(new RQ_StopStream { Id = 7777 }));
    }

    [Fact]
    public async Task What_is_gone_is_told_as_gone_and_a_right_that_is_gone_ends_the_stream()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["user:list"]);
        Assert.Equal("ST_STREAM_OK", await talker.AskAsync(new RQ_STStream(s_users) { Whitelist = { "username" } }));
        Assert.Equal("1/username", (await NewsAsync<EV_STStreamData>(talker, 7777)).Oid);

        talk.Desks.Users = [];
        talk.Time.Advance(TimeSpan.FromSeconds(3));
        var gone = await NewsAsync<EV_STStreamData>(talker, 7777);
        Assert.Equal(("1/username", true), (gone.Oid, gone.Removed));

        var mira = talk.Desks.Sessions["token of mira"];
        talk.Desks.Sessions["token of mira"] = mira with { Rights = [] };
        int peeks = talk.Desks.Peeks;
        talk.Time.Advance(TimeSpan.FromSeconds(3));
        using var patience = new CancellationTokenSource(AdminTalk.Patience);
        while (talk.Desks.Peeks == peeks) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
        talk.Desks.Sessions["token of mira"] = mira;
        // Its number is free again.
        while (await talker.AskAsync(s_users) == "ST_STREAM_FAILED") await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
    }

    [Theory, InlineData("/user", "UPSTREAM", "ST_STREAM_ACCESS_DENIED"), InlineData("/user", "BIDIRECTIONAL", "ST_STREAM_ACCESS_DENIED"),
        InlineData("/", "DOWNSTREAM", "ST_STREAM_INVALID"), InlineData("/profile/1/server", "DOWNSTREAM", "ST_STREAM_INVALID"), InlineData("", "DOWNSTREAM", "ST_STREAM_INVALID"),
        InlineData("/group", "DOWNSTREAM", "ST_STREAM_ACCESS_DENIED"), InlineData("/listener/2/", "DOWNSTREAM", "ST_STREAM_ACCESS_DENIED")]
    public async Task Streams_that_nobody_may_have_are_refused(string root, string direction, string result)
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["user:list"], "quern.v1");

        Assert.Equal(result, await talker.AskAsync(new RQ_STStream { StreamId = 7, Oid = root, Direction = Enum.Parse<RQ_STStream.Types.Direction>(direction, ignoreCase: true) }));
    }

    [Fact]
    public async Task A_subtree_is_relative_to_its_root()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");

        Assert.Equal("ST_STREAM_OK", await talker.AskAsync(new RQ_STStream { StreamId = 7, Oid = "/listener/2/port", Direction = RQ_STStream.Types.Direction.Downstream }));

        var news = await NewsAsync<EV_STStreamData>(talker, 7);
        Assert.Equal(("", 8768), (news.Oid, news.Integer));
    }

    [Fact]
    public async Task A_request_for_an_agent_is_brought_to_it_under_the_sender_s_real_number()
    {
        await using var talk = new AdminTalk();
        var agent = await AgentAsync(talk, "quern.v1");
        var talker = await talk.LogInAsync("mira", ["agent:power@labs", "agent:list@labs"], "quern.v1");

        // Whatever number it claims.
        await talker.SendAsync(AdminMessage.Of(new RQ_ChangePowerState { NewState = RQ_ChangePowerState.Types.PowerState.Reboot }, 55, to: agent.Session.InstanceSid, from: 12345));
        var brought = await QuestionAsync(agent, "RQ_ChangePowerState");
        await agent.SendAsync(AdminMessage.Of(brought.Type!.Answer!, 2, brought.Id, to: brought.From, from: agent.Session.InstanceSid));

        Assert.Equal((agent.Session.InstanceSid, talker.Session.InstanceSid, 55), (brought.To, brought.From, brought.Id));
        var answer = (await talker.ReceiveAsync())!;
        Assert.Equal((55, "CHANGE_POWER_STATE_FAILED"), (answer.Id, AdminTalker.NameOf(answer)));
    }

    [Fact]
    public async Task Without_the_right_in_the_agent_s_group_it_is_not_brought()
    {
        await using var talk = new AdminTalk();
        var agent = await AgentAsync(talk, "quern.v1");
        var other = await talk.LogInAsync("noor", ["agent:power@others"], "quern.v1");
        var stranger = await talk.OpenAsync("quern.v1");
        var request = new RQ_ChangePowerState();

        Assert.Equal("CHANGE_POWER_STATE_ACCESS_DENIED", AdminTalker.NameOf(await other.AnswerAsync(request, to: agent.Session.InstanceSid)));
        Assert.Equal("CHANGE_POWER_STATE_ACCESS_DENIED", AdminTalker.NameOf(await stranger.AnswerAsync(request, to: agent.Session.InstanceSid)));
        // Nor is what was never meant for agents, nor one to somebody who is no agent.
        Assert.Equal("CREATE_USER_ACCESS_DENIED", AdminTalker.NameOf(await other.AnswerAsync(new RQ_CreateUser { Username = "alice" }, to: agent.Session.InstanceSid)));
        Assert.Equal("CHANGE_POWER_STATE_ACCESS_DENIED", AdminTalker.NameOf(await other.AnswerAsync(request, to: other.Session.InstanceSid)));
        Assert.Equal("CHANGE_POWER_STATE_ACCESS_DENIED", await other.AskAsync(request));
        // Nothing of all this reached the agent: its next message answers its own.
        Assert.Equal("PING_OK", await agent.AskAsync(new RQ_Ping()));
        Assert.DoesNotContain("create user", talk.Desks.Words);
    }

    [Fact]
    public async Task An_agent_that_does_not_answer_is_given_up_and_one_that_cannot_is_believed()
    {
        await using var talk = new AdminTalk();
        var agent = await AgentAsync(talk, "quern.v1");
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");

        await talker.SendAsync(new RQ_ChangePowerState(), to: agent.Session.InstanceSid);
        await QuestionAsync(agent, "RQ_ChangePowerState");
        talk.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("CHANGE_POWER_STATE_FAILED", AdminTalker.NameOf((await talker.ReceiveAsync())!));

        var old = await AgentAsync(talk);
        Assert.Equal("CHANGE_POWER_STATE_OK", AdminTalker.NameOf(await talker.AnswerAsync(new RQ_ChangePowerState(), to: old.Session.InstanceSid)));
        await QuestionAsync(old, "RQ_ChangePowerState");
    }

    [Fact]
    public async Task An_agent_that_is_revoked_is_shown_out()
    {
        await using var talk = new AdminTalk();
        talk.Desks.Answer = EstateAnswer.Done();
        var agent = await AgentAsync(talk, "quern.v1");
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");

        var listed = Assert.Single((await talker.AskAsync<RS_ListAgents>(new RQ_ListAgents())).Agent);
        Assert.Equal((agent.Session.InstanceSid, true), (listed.Sid, listed.Online));
        Assert.Equal("MODERATE_AGENT_OK", await talker.AskAsync(new RQ_ModerateAgent { Uuid = "u1", Action = RQ_ModerateAgent.Types.Action.RevokeCertificate }));

        await agent.RestAsync();
        Assert.Contains("its certificate does not count any more", talk.Desks.Ends);
    }

    [Fact]
    public async Task Lists_come_in_parts_and_keep_secrets()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");

        var users = await talker.AskAsync<RS_ListUsers>(new RQ_ListUsers { NamePrefix = "al", PageSize = 5000, PageToken = "x" });
        Assert.Equal(("al", "x", 1000), talk.Desks.Last);
        var groups = await talker.AskAsync<RS_ListGroups>(new RQ_ListGroups());
        var listeners = await talker.AskAsync<RS_ListListeners>(new RQ_ListListeners());
        var roles = await talker.AskAsync<RS_ListRoles>(new RQ_ListRoles());
        var tokens = await talker.AskAsync<RS_ListApiTokens>(new RQ_ListApiTokens());
        var sessions = await talker.AskAsync<RS_ListSessions>(new RQ_ListSessions());
        var audit = await talker.AskAsync<RS_QueryAudit>(new RQ_QueryAudit { From = 1, PageSize = 10 });
        var token = await talker.AskAsync<RS_CreateApiToken>(new RQ_CreateApiToken { Name = "ci", Permission = { "job:read" }, LifetimeSeconds = 60 });
        var limited = await talker.AskAsync<RS_CreateApiToken>(new RQ_CreateApiToken { Name = "ci", AllowedNetwork = { "10.0.0.0/8" } });
        var key = await talker.AskAsync<RS_CreateEnrolmentToken>(new RQ_CreateEnrolmentToken { Group = "labs" });

        Assert.Equal(("alice", false), (users.User[0].Username, users.User[0].HasPassword));
        Assert.Equal(["noor=viewer", "omar"], groups.Group[0].Member);
        Assert.Equal((2, Quern.Admin.V1.ListenerState.ListenerListening, false), (listeners.Listener[0].Id, listeners.Listener[0].State, listeners.Listener[0].HasKey));
        Assert.Equal("operator", roles.Role[0].Name);
        Assert.Equal(("t1", "s1", true), (tokens.Token[0].Id, sessions.Session[0].Id, sessions.Session[0].Current));
        Assert.Equal((9, "account.saved", "192.0.2.1"), (audit.Entry[0].Sequence, audit.Entry[0].Action, audit.Entry[0].RemoteAddress));
        Assert.Equal(("7", "a secret"), (token.Id, token.Token));
        Assert.Equal((RS_CreateApiToken.Types.Code.ApiTokenOk, "10.0.0.0/8"), (limited.Code, Assert.Single(talk.Desks.Asked.Select(a => a.With).OfType<NewToken>().Last().Networks)));
        Assert.Equal(("7", "a key"), (key.Id, key.Token));
    }

    private static async Task<AdminTalker> AgentAsync(AdminTalk talk, params string[] capabilities)
    {
        talk.Desks.Welcome = new AgentWelcome.Granted("u1", new byte[] { 1 }, [], DateTimeOffset.UnixEpoch);
        talk.Desks.Agents = [new AgentFacts("u1", "lab1", "labs")];
        var talker = await talk.OpenAsync(capabilities);
        Assert.Equal("AUTH_SESSION_OK", await talker.AskAsync(new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(1) }));
        return talker;
    }

    private static async Task<AdminMessage> QuestionAsync(AdminTalker talker, string type)
    {
        while (true)
        {
            var message = await talker.ReceiveAsync();
            Assert.NotNull(message);
            if (message.Type!.Name == type) return message;
        }
    }

    private static async Task<T> NewsAsync<T>(AdminTalker talker, int stream) where T : IMessage
    {
        while (true)
        {
            var message = await talker.ReceiveAsync();
            Assert.NotNull(message);
            if (message.Id == stream && message.Body is AdminBody.Message { Value: T news }) return news;
        }
    }
}
