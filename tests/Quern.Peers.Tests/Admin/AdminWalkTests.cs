using System.Collections.Frozen;
using System.Collections.Immutable;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Admin;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>
/// Every request of the schema, with every role. The matrix is written by hand: it is what the door is held against. Whether somebody
/// passes shows by the desk that was asked.
/// </summary>
public sealed class AdminWalkTests
{
    private const string Nobody = "nobody", Bare = "bare", User = "user", Operator = "operator", Auditor = "auditor", Superuser = "superuser", Owner = "group owner", Agent = "agent";

    private static readonly ImmutableArray<string> All = [Nobody, Bare, User, Operator, Auditor, Superuser, Owner, Agent];
    private static readonly ImmutableArray<string> Accounts = [Bare, User, Operator, Auditor, Superuser, Owner];
    private static readonly ImmutableArray<string> Superusers = [Superuser, Owner];
    private static readonly ImmutableArray<string> Operators = [Operator, Superuser, Owner];
    private static readonly ImmutableArray<string> Listers = [Operator, Auditor, Superuser, Owner];
    private static readonly ImmutableArray<string> None = [];

    /// <summary>The words of the program's roles; a group's owner has everything in the group.</summary>
    private static readonly FrozenDictionary<string, string[]> Rights = new Dictionary<string, string[]>
    {
        [Bare] = [],
        [User] = ["token:own"],
        [Operator] = ["job:*", "worker:*", "agent:*", "user:list", "group:list", "listener:list", "token:own"],
        [Auditor] = ["*:read", "*:list", "token:own"],
        [Superuser] = ["*"],
        [Owner] = ["*@lab machines"],
    }.ToFrozenDictionary();

    /// <summary>
    /// Who gets past the door. A group's owner has each right somewhere, so the desks see all that an owner asks and refuse what is not of the
    /// group; their own tests hold them to that.
    /// </summary>
    private static readonly FrozenDictionary<string, ImmutableArray<string>> Matrix = new Dictionary<string, ImmutableArray<string>>
    {
        ["RQ_Session"] = None,
        ["RQ_Ping"] = All,
        ["RQ_ServerBanner"] = All,
        ["RQ_Login"] = [Nobody],
        ["RQ_ResumeSession"] = [Nobody],
        ["RQ_AuthSession"] = [Nobody, Agent],
        ["RQ_Logout"] = Accounts,
        ["RQ_RenewSession"] = Accounts,
        ["RQ_ListSessions"] = Accounts,
        ["RQ_RevokeSession"] = Accounts,
        ["RQ_BeginTotp"] = Accounts,
        ["RQ_ConfirmTotp"] = Accounts,
        ["RQ_DisableTotp"] = Accounts,
        ["RQ_CreateUser"] = Superusers,
        ["RQ_UpdateUser"] = Accounts,
        ["RQ_DeleteUser"] = Superusers,
        ["RQ_ListUsers"] = Accounts,
        ["RQ_CreateGroup"] = Superusers,
        ["RQ_UpdateGroup"] = Superusers,
        ["RQ_DeleteGroup"] = Superusers,
        ["RQ_ListGroups"] = Accounts,
        ["RQ_CreateListener"] = Superusers,
        ["RQ_UpdateListener"] = Superusers,
        ["RQ_DeleteListener"] = Superusers,
        ["RQ_ListListeners"] = Listers,
        ["RQ_BuildAgent"] = Operators,
        ["RQ_FetchArtifact"] = Operators,
        ["RQ_ListAgents"] = Accounts,
        ["RQ_ModerateAgent"] = Operators,
        ["RQ_ChangePowerState"] = None,   // to the server itself; brought to agents it is held to their group (AdminRoutingTests)
        ["RQ_CreateEnrolmentToken"] = Operators,
        ["RQ_RevokeEnrolmentToken"] = Operators,
        ["RQ_UpdateBanner"] = Superusers,
        ["RQ_CreateApiToken"] = [User, Operator, Auditor, Superuser, Owner],
        ["RQ_ListApiTokens"] = [User, Operator, Auditor, Superuser, Owner],
        ["RQ_RevokeApiToken"] = [User, Operator, Auditor, Superuser, Owner],
        ["RQ_ListRoles"] = [Auditor, Superuser, Owner],
        ["RQ_PutRole"] = Superusers,
        ["RQ_DeleteRole"] = Superusers,
        ["RQ_QueryAudit"] = [Auditor, Superuser, Owner],
        ["RQ_STStream"] = Listers,
        ["RQ_StopStream"] = None,   // reaches no desk
        ["RQ_AgentMetadata"] = None,
        ["RQ_RefreshAuthCertificate"] = None,
        ["RQ_DirectConnection"] = None,
        ["RQ_CoordinateConnection"] = None,
    }.ToFrozenDictionary();

    /// <summary>What each request changes of the estate; those that are not here change nothing.</summary>
    private static readonly FrozenDictionary<string, string> Acts = new Dictionary<string, string>
    {
        ["RQ_Login"] = "account.own",
        ["RQ_ResumeSession"] = "account.own",
        ["RQ_AuthSession"] = "account.own",
        ["RQ_Logout"] = "account.own",
        ["RQ_RenewSession"] = "account.own",
        ["RQ_BeginTotp"] = "account.own",
        ["RQ_ConfirmTotp"] = "account.own",
        ["RQ_RevokeSession"] = "session.end",
        ["RQ_DisableTotp"] = "user.reset-totp",
        ["RQ_CreateUser"] = "user.create",
        ["RQ_UpdateUser"] = "user.update",
        ["RQ_DeleteUser"] = "user.delete",
        ["RQ_CreateGroup"] = "group.create",
        ["RQ_UpdateGroup"] = "group.update",
        ["RQ_DeleteGroup"] = "group.delete",
        ["RQ_CreateListener"] = "listener.create",
        ["RQ_UpdateListener"] = "listener.update",
        ["RQ_DeleteListener"] = "listener.delete",
        ["RQ_BuildAgent"] = "agent.build",
        ["RQ_FetchArtifact"] = "agent.artifact",
        ["RQ_ModerateAgent"] = "agent.moderate",
        ["RQ_ChangePowerState"] = "agent.power",
        ["RQ_CreateEnrolmentToken"] = "enrolment-key.create",
        ["RQ_RevokeEnrolmentToken"] = "enrolment-key.revoke",
        ["RQ_UpdateBanner"] = "banner.update",
        ["RQ_CreateApiToken"] = "token.create",
        ["RQ_RevokeApiToken"] = "token.revoke",
        ["RQ_PutRole"] = "role.put",
        ["RQ_DeleteRole"] = "role.delete",
    }.ToFrozenDictionary();

    public static TheoryData<string> Requests { get; } = [.. AdminTypes.All.Where(t => t.IsRequest).Select(t => t.Name)];

    [Fact]
    public void Every_request_stands_in_the_table_and_in_the_matrix()
    {
        var requests = AdminTypes.All.Where(t => t.IsRequest).ToList();

        Assert.Equal(requests.Select(r => r.Name).Order(), Matrix.Keys.Order());
        Assert.All(requests, request => Assert.True(AdminRules.Has(request), request.Name));
        Assert.Equal(Matrix.Keys.ToDictionary(name => name, name => Acts.GetValueOrDefault(name, "none")).OrderBy(a => a.Key),
            requests.ToDictionary(r => r.Name, r => AdminRules.Of(r).Act.Word).OrderBy(a => a.Key));
        Assert.True(requests.Count > 45, $"only {requests.Count} requests were walked");
    }

    [Theory, MemberData(nameof(Requests))]
    public async Task A_request_gets_past_the_door_for_the_roles_of_the_matrix_and_no_others(string name)
    {
        var type = AdminTypes.Find(name)!;
        foreach (string role in All)
        {
            await using var talk = new AdminTalk();
            var talker = await ComeAsync(talk, role);
            talk.Desks.Asked.Clear();

            await talker.SendAsync(Filled(type));
            if (type.Answer is not null && name != "RQ_Logout") await AnswerOfAsync(talker, type);
            else if (name == "RQ_Logout") await talker.RestAsync();
            else Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));

            bool passed = name is "RQ_Ping" or "RQ_ServerBanner" || !talk.Desks.Asked.IsEmpty;
            Assert.Equal((name, role, Matrix[name].Contains(role)), (name, role, passed));
        }
    }

    [Theory, MemberData(nameof(Requests))]
    public async Task A_stranger_gets_the_request_s_own_refusal(string name)
    {
        var type = AdminTypes.Find(name)!;
        if (type.Answer is not { IsResult: true } || Matrix[name].Contains(Nobody) || name == "RQ_Logout") return;
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync("quern.v1");

        string result = await talker.AskAsync(Filled(type));

        Assert.True(result.EndsWith("ACCESS_DENIED", StringComparison.Ordinal) || result.EndsWith("FAILED", StringComparison.Ordinal) ||
            result is "RENEW_SESSION_EXPIRED" or "STOP_STREAM_INVALID", $"{name}: {result}");
    }

    [Fact]
    public async Task What_the_door_refuses_stands_in_the_journal()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["token:own"], "quern.v1");

        var answer = await talker.AnswerAsync(new RQ_CreateUser { Username = "alice" });

        Assert.Equal("This needs the right 'user:create'.", AdminTalker.TailOf(answer).Detail);
        Assert.Equal(("user:mira", "RQ_CreateUser", "user:create"), Assert.Single(talk.Desks.Denials));
    }

    private static async Task<AdminTalker> ComeAsync(AdminTalk talk, string role)
    {
        switch (role)
        {
            case Nobody:
                return await talk.OpenAsync("quern.v1");
            case Agent:
                talk.Desks.Welcome = new Estate.AgentWelcome.Granted("u1", new byte[] { 1 }, [], DateTimeOffset.UnixEpoch);
                var agent = await talk.OpenAsync("quern.v1");
                Assert.Equal("AUTH_SESSION_OK", await agent.AskAsync(new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(1) }));
                return agent;
            default:
                return await talk.LogInAsync(role.Replace(' ', '-'), Rights[role], "quern.v1");
        }
    }

    private static async Task AnswerOfAsync(AdminTalker talker, AdminType request)
    {
        while (true)
        {
            var message = await talker.ReceiveAsync();
            Assert.NotNull(message);
            if (message.Type == request.Answer) return;
        }
    }

    /// <summary>With what makes it whole enough for a desk.</summary>
    private static IMessage Filled(AdminType type) => type.Name switch
    {
        "RQ_Login" => new RQ_Login { Username = "mira", Password = "violet tractor" },
        "RQ_ResumeSession" => new RQ_ResumeSession { SessionToken = "token" },
        "RQ_AuthSession" => new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(1) },
        "RQ_UpdateUser" => new RQ_UpdateUser { Username = "alice" },
        "RQ_UpdateGroup" => new RQ_UpdateGroup { Id = "g1" },
        "RQ_DeleteGroup" => new RQ_DeleteGroup { Id = "g1" },
        "RQ_CreateListener" => new RQ_CreateListener { Address = "127.0.0.1", Port = 1 },
        "RQ_UpdateListener" => new RQ_UpdateListener { Id = 2 },
        "RQ_DeleteListener" => new RQ_DeleteListener { Id = 2 },
        "RQ_STStream" => new RQ_STStream { StreamId = 7, Oid = "/listener", Direction = RQ_STStream.Types.Direction.Downstream },
        _ => type.Message!.Parser.ParseFrom(ByteString.Empty),
    };
}
