using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Model;
using Quern.Peers.Admin;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>What is grave waits until the session is proved again.</summary>
public sealed class AdminProofTests
{
    private static readonly AdminOptions s_options = new() { ServerUuid = "5f0c2e1a-7d3b-4c55-9a41-0f6e2b8c9d10", StepUp = TimeSpan.FromMinutes(15) };

    /// <summary>Requests that are grave, each judged one with what makes it so.</summary>
    private static readonly IMessage[] s_grave =
    [
        new RQ_CreateUser { Username = "alice" },
        new RQ_UpdateUser { Username = "alice", Password = "violet tractor" },
        new RQ_UpdateUser { Username = "alice", Disabled = true },
        new RQ_UpdateUser { Username = "alice", Disabled = false },
        new RQ_UpdateUser { Username = "alice", Expiration = 0 },
        new RQ_UpdateUser { Username = "alice", AddRole = { "operator" } },
        new RQ_UpdateUser { Username = "mira", RemoveRole = { "operator" } },
        new RQ_DeleteUser { Username = "alice" },
        new RQ_DisableTotp { Username = "alice" },
        new RQ_UpdateGroup { Id = "g1", NewOwner = "alice" },
        new RQ_UpdateGroup { Id = "g1", AddMember = { "alice" } },
        new RQ_UpdateGroup { Id = "g1", RemoveMember = { "alice" } },
        new RQ_DeleteGroup { Id = "g1" },
        new RQ_PutRole(),
        new RQ_DeleteRole { Name = "night shift" },
        new RQ_CreateListener { Address = "127.0.0.1", Port = 1 },
        new RQ_UpdateListener { Id = 2, Certificate = ByteString.CopyFrom(1), PrivateKey = ByteString.CopyFrom(1) },
        new RQ_UpdateListener { Id = 2, Address = "0.0.0.0" },
        new RQ_UpdateListener { Id = 2, Port = 7 },
        new RQ_UpdateListener { Id = 2, NewOwner = "alice" },
        new RQ_UpdateListener { Id = 2, ClientAcceptor = true },
        new RQ_DeleteListener { Id = 2 },
        new RQ_BuildAgent { Group = "g1" },
        new RQ_FetchArtifact(),
        new RQ_ModerateAgent { Uuid = "u1", Action = RQ_ModerateAgent.Types.Action.Approve },
        new RQ_ModerateAgent { Uuid = "u1", Action = RQ_ModerateAgent.Types.Action.RevokeCertificate },
        new RQ_ModerateAgent { Uuid = "u1", Action = RQ_ModerateAgent.Types.Action.Forget },
        new RQ_CreateEnrolmentToken { Group = "g1" },
        new RQ_RevokeEnrolmentToken { Id = "k1" },
        new RQ_UpdateBanner { Maintenance = true },
        new RQ_UpdateBanner { Drain = true },
        new RQ_CreateApiToken { Name = "ci", Permission = { "user:*" } },
        new RQ_CreateApiToken { Name = "ci", Permission = { "job:read", "*@lab machines" } },
        new RQ_CreateApiToken { Name = "ci", Permission = { "plan:run" } },
        new RQ_RevokeApiToken { Id = "of somebody else" },
    ];

    private static readonly IMessage[] s_light =
    [
        new RQ_UpdateUser { Username = "alice", Email = "alice@example.org", Phone = "+49123456", Unlock = true },
        new RQ_UpdateUser { Username = "mira", Password = "yellow tractor", CurrentPassword = "violet tractor" },
        new RQ_DisableTotp { Password = "violet tractor" },
        new RQ_CreateGroup { Name = "labs" },
        new RQ_UpdateGroup { Id = "g1", NewName = "labs" },
        new RQ_UpdateListener { Id = 2, Enabled = true, NewName = "doors", State = Quern.Admin.V1.ListenerState.ListenerListening },
        new RQ_ModerateAgent { Uuid = "u1", Action = RQ_ModerateAgent.Types.Action.Reject },
        new RQ_UpdateBanner { Message = "Welcome" },
        new RQ_CreateApiToken { Name = "ci", Permission = { "job:read", "job:submit@lab machines", "*:read" } },
        new RQ_RevokeApiToken { Id = "t1" },
        new RQ_RevokeSession { Id = "s1" },
        new RQ_ListUsers(),
    ];

    public static TheoryData<int> Grave { get; } = [.. Enumerable.Range(0, s_grave.Length)];

    public static TheoryData<int> Light { get; } = [.. Enumerable.Range(0, s_light.Length)];

    [Theory, MemberData(nameof(Grave))]
    public async Task What_is_grave_is_refused_before_any_desk_sees_it_and_done_after_a_proof(int index)
    {
        await using var talk = new AdminTalk(s_options);
        var talker = await LogInAsync(talk, TimeSpan.FromMinutes(15), "quern.v1");

        var refused = await talker.AnswerAsync(s_grave[index]);

        Assert.DoesNotContain(talk.Desks.Words, w => w != "list tokens");
        if (refused.Body is AdminBody.Result)
        {
            Assert.EndsWith("ACCESS_DENIED", AdminTalker.NameOf(refused).Replace("BUILD_AGENT_FAILED", "ACCESS_DENIED", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.True(AdminTalker.TailOf(refused).ProveAgain);
            Assert.Contains("RQ_Login on this connection", AdminTalker.TailOf(refused).Detail, StringComparison.Ordinal);
        }
        else
        {
            Assert.True(((AdminBody.Message)refused.Body).Value is
                RS_CreateApiToken { ProveAgain: true, Code: not 0 } or RS_CreateEnrolmentToken { ProveAgain: true, Code: not 0 } or RS_FetchArtifact { ProveAgain: true, Data.IsEmpty: true });
        }
        Assert.Equal(("user:mira", s_grave[index].Descriptor.Name, "step_up_required"), Assert.Single(talk.Desks.Denials));

        talk.Desks.ProvedAt = talk.Time.GetUtcNow();
        talk.Desks.LetIn("mira", "*");
        Assert.Equal("LOGIN_OK", await talker.AskAsync(new RQ_Login { Username = "mira", Password = "violet tractor" }));
        await talker.AnswerAsync(s_grave[index]);
        Assert.Contains(talk.Desks.Words, w => w is not ("prove" or "list tokens"));
    }

    [Theory, MemberData(nameof(Light))]
    public async Task What_is_light_is_done_however_long_ago_the_proof_was(int index)
    {
        await using var talk = new AdminTalk(s_options);
        var talker = await LogInAsync(talk, TimeSpan.FromHours(11), "quern.v1");

        await talker.AnswerAsync(s_light[index]);

        Assert.NotEmpty(talk.Desks.Words);
        Assert.Empty(talk.Desks.Denials);
    }

    [Fact]
    public void Every_grave_act_of_the_table_was_tried()
    {
        var tried = s_grave.Select(m => AdminRules.Of(AdminTypes.Of(m)).Act).Append(EstateActs.AgentPower).ToHashSet();

        Assert.Equal(AdminTypes.All.Where(t => t.IsRequest).Select(t => AdminRules.Of(t).Act).Where(a => a.Weight != ActWeight.Light).ToHashSet(), tried);
    }

    [Fact]
    public async Task Until_the_time_is_over_and_where_there_is_none_nobody_is_asked()
    {
        await using var talk = new AdminTalk(s_options);
        var talker = await LogInAsync(talk, TimeSpan.FromMinutes(15) - TimeSpan.FromTicks(1), "quern.v1");
        Assert.Equal("DELETE_USER_OK", await talker.AskAsync(new RQ_DeleteUser { Username = "alice" }));

        await using var never = new AdminTalk();
        var other = await LogInAsync(never, TimeSpan.FromHours(11), "quern.v1");
        Assert.Equal("DELETE_USER_OK", await other.AskAsync(new RQ_DeleteUser { Username = "alice" }));
    }

    [Fact]
    public async Task A_token_made_for_a_program_is_not_asked_and_has_nothing_to_prove()
    {
        await using var talk = new AdminTalk(s_options);
        talk.Desks.Kind = TokenKind.Api;
        var talker = await LogInAsync(talk, TimeSpan.FromHours(11), "quern.v1");

        Assert.Equal("DELETE_USER_OK", await talker.AskAsync(new RQ_DeleteUser { Username = "alice" }));
        Assert.Equal("LOGIN_FAILED", await talker.AskAsync(new RQ_Login { Username = "mira", Password = "violet tractor" }));
        Assert.DoesNotContain("prove", talk.Desks.Words);
    }

    [Fact]
    public async Task An_inherited_client_gets_a_result_that_it_knows_and_logs_in_again()
    {
        await using var talk = new AdminTalk(s_options);
        var talker = await LogInAsync(talk, TimeSpan.FromHours(1));

        var refused = await talker.AnswerAsync(new RQ_DeleteUser { Username = "alice" });

        Assert.Equal(("DELETE_USER_ACCESS_DENIED", new ResultTail()), (AdminTalker.NameOf(refused), AdminTalker.TailOf(refused)));
        Assert.Equal("LOGIN_OK", await talker.AskAsync(new RQ_Login { Username = "mira", Password = "violet tractor" }));
        Assert.Equal(["prove"], talk.Desks.Words);
    }

    [Fact]
    public async Task Only_whoever_is_logged_in_proves_it_again_and_a_wrong_answer_changes_nothing()
    {
        await using var talk = new AdminTalk(s_options);
        var talker = await LogInAsync(talk, TimeSpan.Zero, "quern.v1");

        Assert.Equal("LOGIN_FAILED", await talker.AskAsync(new RQ_Login { Username = "alice", Password = "violet tractor" }));
        Assert.Equal("LOGIN_FAILED", await talker.AskAsync(new RQ_Login { ApiToken = "quern_1" }));
        Assert.Empty(talk.Desks.Words);
        foreach (var (outcome, result) in ((LoginOutcome, string)[])
            [
                (new LoginOutcome.Wrong(), "LOGIN_FAILED"), (new LoginOutcome.CodeNeeded(), "LOGIN_TOKEN_REQUIRED"), (new LoginOutcome.WrongCode(), "LOGIN_INVALID_TOKEN"),
                (new LoginOutcome.TooMany(TimeSpan.FromMinutes(1)), "LOGIN_RATE_LIMITED"), (new LoginOutcome.InvalidPassword(), "LOGIN_INVALID_PASSWORD"),
            ])
        {
            talk.Desks.Login = outcome;
            Assert.Equal(result, await talker.AskAsync(new RQ_Login { Password = "guess", Token = 7 }));
        }
        var asked = Assert.IsType<LoginRequest>(talk.Desks.Last);
        Assert.Equal(("000007", "guess"), (asked.Code, asked.Password));
        Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
    }

    [Fact]
    public async Task A_proof_that_another_process_of_the_farm_took_is_seen_at_once()
    {
        await using var talk = new AdminTalk(s_options);
        var talker = await LogInAsync(talk, TimeSpan.FromHours(1), "quern.v1");
        talk.Desks.Stored = talk.Desks.Sessions["token of mira"] with { ProvedAt = talk.Time.GetUtcNow() };

        Assert.Equal("DELETE_USER_OK", await talker.AskAsync(new RQ_DeleteUser { Username = "alice" }));
    }

    /// <param name="ago">How long ago the session was proved: a connection that is silent so long would be closed.</param>
    private static async Task<AdminTalker> LogInAsync(AdminTalk talk, TimeSpan ago, params string[] capabilities)
    {
        talk.Desks.ProvedAt = talk.Time.GetUtcNow() - ago;
        var talker = await talk.LogInAsync("mira", ["*"], capabilities);
        talk.Desks.Asked.Clear();
        return talker;
    }
}
