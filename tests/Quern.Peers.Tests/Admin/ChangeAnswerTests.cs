using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>What a desk says of a change, and the result that stands for it.</summary>
public sealed class ChangeAnswerTests
{
    private static readonly Dictionary<string, IMessage> s_requests = new IMessage[]
    {
        new RQ_CreateUser { Username = "alice", Password = "violet tractor" },
        new RQ_UpdateUser { Username = "alice", Email = "a@example.org" },
        new RQ_DeleteUser { Username = "alice" },
        new RQ_DisableTotp { Username = "alice" },
        new RQ_CreateGroup { Name = "lab machines" },
        new RQ_UpdateGroup { Name = "lab machines", NewName = "labs" },
        new RQ_DeleteGroup { Id = "g1" },
        new RQ_CreateListener { Address = "0.0.0.0", Port = 8769 },
        new RQ_UpdateListener { Id = 2, Port = 8770 },
        new RQ_DeleteListener { Name = "people" },
        new RQ_BuildAgent { Group = "lab machines" },
        new RQ_ModerateAgent { Uuid = "u1" },
        new RQ_RevokeEnrolmentToken { Id = "k1" },
        new RQ_UpdateBanner { Message = "Back at noon" },
        new RQ_RevokeApiToken { Id = "t1" },
        new RQ_RevokeSession { Id = "s1" },
        new RQ_PutRole { Role = new Role { Name = "packager" } },
        new RQ_DeleteRole { Name = "packager" },
    }.ToDictionary(m => m.Descriptor.Name);

    /// <summary>Request, what the desk says, the result, and the one for a peer that knows no others than its own.</summary>
    public static TheoryData<string, EstateCode, string, string> Answers { get; } = new()
    {
        { "RQ_CreateUser", EstateCode.Done, "CREATE_USER_OK", "CREATE_USER_OK" },
        { "RQ_CreateUser", EstateCode.Denied, "CREATE_USER_ACCESS_DENIED", "CREATE_USER_ACCESS_DENIED" },
        { "RQ_CreateUser", EstateCode.InvalidName, "CREATE_USER_INVALID_USERNAME", "CREATE_USER_INVALID_USERNAME" },
        { "RQ_CreateUser", EstateCode.InvalidPassword, "CREATE_USER_INVALID_PASSWORD", "CREATE_USER_INVALID_PASSWORD" },
        { "RQ_CreateUser", EstateCode.InvalidEmail, "CREATE_USER_INVALID_EMAIL", "CREATE_USER_INVALID_EMAIL" },
        { "RQ_CreateUser", EstateCode.InvalidPhone, "CREATE_USER_INVALID_PHONE", "CREATE_USER_INVALID_PHONE" },
        { "RQ_CreateUser", EstateCode.NameTaken, "CREATE_USER_USERNAME_TAKEN", "CREATE_USER_INVALID_USERNAME" },
        { "RQ_CreateUser", EstateCode.InvalidExpiration, "CREATE_USER_INVALID_EXPIRATION", "CREATE_USER_ACCESS_DENIED" },
        { "RQ_CreateUser", EstateCode.InvalidRole, "CREATE_USER_INVALID_ROLE", "CREATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.Done, "UPDATE_USER_OK", "UPDATE_USER_OK" },
        { "RQ_UpdateUser", EstateCode.Denied, "UPDATE_USER_ACCESS_DENIED", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.NotFound, "UPDATE_USER_NOT_FOUND", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.InvalidPassword, "UPDATE_USER_INVALID_PASSWORD", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.InvalidEmail, "UPDATE_USER_INVALID_EMAIL", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.InvalidPhone, "UPDATE_USER_INVALID_PHONE", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.InvalidExpiration, "UPDATE_USER_INVALID_EXPIRATION", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.InvalidRole, "UPDATE_USER_INVALID_ROLE", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.LastSuperuser, "UPDATE_USER_LAST_ADMIN", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_UpdateUser", EstateCode.Outdated, "UPDATE_USER_CONFLICT", "UPDATE_USER_ACCESS_DENIED" },
        { "RQ_DeleteUser", EstateCode.Done, "DELETE_USER_OK", "DELETE_USER_OK" },
        { "RQ_DeleteUser", EstateCode.Denied, "DELETE_USER_ACCESS_DENIED", "DELETE_USER_ACCESS_DENIED" },
        { "RQ_DeleteUser", EstateCode.NotFound, "DELETE_USER_NOT_FOUND", "DELETE_USER_ACCESS_DENIED" },
        { "RQ_DeleteUser", EstateCode.LastSuperuser, "DELETE_USER_LAST_ADMIN", "DELETE_USER_ACCESS_DENIED" },
        { "RQ_DeleteUser", EstateCode.OwnsResources, "DELETE_USER_OWNS_RESOURCES", "DELETE_USER_ACCESS_DENIED" },
        { "RQ_DisableTotp", EstateCode.Done, "DISABLE_TOTP_OK", "DISABLE_TOTP_OK" },
        { "RQ_DisableTotp", EstateCode.Denied, "DISABLE_TOTP_ACCESS_DENIED", "DISABLE_TOTP_ACCESS_DENIED" },
        { "RQ_DisableTotp", EstateCode.InvalidState, "DISABLE_TOTP_NOT_ENROLLED", "DISABLE_TOTP_NOT_ENROLLED" },
        { "RQ_CreateGroup", EstateCode.Done, "CREATE_GROUP_OK", "CREATE_GROUP_OK" },
        { "RQ_CreateGroup", EstateCode.Denied, "CREATE_GROUP_FAILED_ACCESS_DENIED", "CREATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_CreateGroup", EstateCode.InvalidName, "CREATE_GROUP_INVALID_NAME", "CREATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_CreateGroup", EstateCode.NameTaken, "CREATE_GROUP_NAME_TAKEN", "CREATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_CreateGroup", EstateCode.UnknownUser, "CREATE_GROUP_UNKNOWN_USER", "CREATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_CreateGroup", EstateCode.InvalidConfig, "CREATE_GROUP_INVALID_CONFIG", "CREATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_UpdateGroup", EstateCode.Done, "UPDATE_GROUP_OK", "UPDATE_GROUP_OK" },
        { "RQ_UpdateGroup", EstateCode.Denied, "UPDATE_GROUP_FAILED_ACCESS_DENIED", "UPDATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_UpdateGroup", EstateCode.NotFound, "UPDATE_GROUP_NOT_FOUND", "UPDATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_UpdateGroup", EstateCode.InvalidName, "UPDATE_GROUP_INVALID_NAME", "UPDATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_UpdateGroup", EstateCode.NameTaken, "UPDATE_GROUP_NAME_TAKEN", "UPDATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_UpdateGroup", EstateCode.UnknownUser, "UPDATE_GROUP_UNKNOWN_USER", "UPDATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_UpdateGroup", EstateCode.InvalidConfig, "UPDATE_GROUP_INVALID_CONFIG", "UPDATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_UpdateGroup", EstateCode.Outdated, "UPDATE_GROUP_CONFLICT", "UPDATE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_DeleteGroup", EstateCode.Done, "DELETE_GROUP_OK", "DELETE_GROUP_OK" },
        { "RQ_DeleteGroup", EstateCode.Denied, "DELETE_GROUP_FAILED_ACCESS_DENIED", "DELETE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_DeleteGroup", EstateCode.NotFound, "DELETE_GROUP_NOT_FOUND", "DELETE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_DeleteGroup", EstateCode.NotEmpty, "DELETE_GROUP_NOT_EMPTY", "DELETE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_DeleteGroup", EstateCode.Outdated, "DELETE_GROUP_CONFLICT", "DELETE_GROUP_FAILED_ACCESS_DENIED" },
        { "RQ_CreateListener", EstateCode.Done, "CREATE_LISTENER_OK", "CREATE_LISTENER_OK" },
        { "RQ_CreateListener", EstateCode.Denied, "CREATE_LISTENER_ACCESS_DENIED", "CREATE_LISTENER_ACCESS_DENIED" },
        { "RQ_CreateListener", EstateCode.InvalidPort, "CREATE_LISTENER_INVALID_PORT", "CREATE_LISTENER_INVALID_PORT" },
        { "RQ_CreateListener", EstateCode.InvalidAddress, "CREATE_LISTENER_INVALID_ADDRESS", "CREATE_LISTENER_INVALID_PORT" },
        { "RQ_CreateListener", EstateCode.InvalidCertificate, "CREATE_LISTENER_INVALID_CERTIFICATE", "CREATE_LISTENER_ACCESS_DENIED" },
        { "RQ_CreateListener", EstateCode.InvalidName, "CREATE_LISTENER_INVALID_NAME", "CREATE_LISTENER_ACCESS_DENIED" },
        { "RQ_CreateListener", EstateCode.NameTaken, "CREATE_LISTENER_INVALID_NAME", "CREATE_LISTENER_ACCESS_DENIED" },
        { "RQ_CreateListener", EstateCode.AddressInUse, "CREATE_LISTENER_IN_USE", "CREATE_LISTENER_INVALID_PORT" },
        { "RQ_CreateListener", EstateCode.BindFailed, "CREATE_LISTENER_BIND_FAILED", "CREATE_LISTENER_INVALID_PORT" },
        { "RQ_UpdateListener", EstateCode.Done, "UPDATE_LISTENER_OK", "UPDATE_LISTENER_OK" },
        { "RQ_UpdateListener", EstateCode.Denied, "UPDATE_LISTENER_ACCESS_DENIED", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.NotFound, "UPDATE_LISTENER_NOT_FOUND", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.InvalidPort, "UPDATE_LISTENER_INVALID_PORT", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.InvalidAddress, "UPDATE_LISTENER_INVALID_ADDRESS", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.InvalidCertificate, "UPDATE_LISTENER_INVALID_CERTIFICATE", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.InvalidName, "UPDATE_LISTENER_INVALID_NAME", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.InvalidState, "UPDATE_LISTENER_INVALID_STATE", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.LastListener, "UPDATE_LISTENER_INVALID_STATE", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.BindFailed, "UPDATE_LISTENER_BIND_FAILED", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.Outdated, "UPDATE_LISTENER_CONFLICT", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_UpdateListener", EstateCode.UnknownUser, "UPDATE_LISTENER_UNKNOWN_USER", "UPDATE_LISTENER_ACCESS_DENIED" },
        { "RQ_DeleteListener", EstateCode.Done, "DELETE_LISTENER_OK", "DELETE_LISTENER_OK" },
        { "RQ_DeleteListener", EstateCode.OwnedByFile, "DELETE_LISTENER_ACCESS_DENIED", "DELETE_LISTENER_ACCESS_DENIED" },
        { "RQ_DeleteListener", EstateCode.NotFound, "DELETE_LISTENER_NOT_FOUND", "DELETE_LISTENER_ACCESS_DENIED" },
        { "RQ_DeleteListener", EstateCode.LastListener, "DELETE_LISTENER_LAST", "DELETE_LISTENER_ACCESS_DENIED" },
        { "RQ_DeleteListener", EstateCode.Outdated, "DELETE_LISTENER_CONFLICT", "DELETE_LISTENER_ACCESS_DENIED" },
        { "RQ_BuildAgent", EstateCode.Failed, "BUILD_AGENT_FAILED", "BUILD_AGENT_FAILED" },
        { "RQ_BuildAgent", EstateCode.Denied, "BUILD_AGENT_ACCESS_DENIED", "BUILD_AGENT_FAILED" },
        { "RQ_BuildAgent", EstateCode.UnknownGroup, "BUILD_AGENT_UNKNOWN_GROUP", "BUILD_AGENT_FAILED" },
        { "RQ_BuildAgent", EstateCode.InvalidOptions, "BUILD_AGENT_INVALID_OPTIONS", "BUILD_AGENT_FAILED" },
        { "RQ_BuildAgent", EstateCode.QueueFull, "BUILD_AGENT_QUEUE_FULL", "BUILD_AGENT_FAILED" },
        { "RQ_ModerateAgent", EstateCode.Done, "MODERATE_AGENT_OK", "MODERATE_AGENT_OK" },
        { "RQ_ModerateAgent", EstateCode.Denied, "MODERATE_AGENT_ACCESS_DENIED", "MODERATE_AGENT_ACCESS_DENIED" },
        { "RQ_ModerateAgent", EstateCode.NotFound, "MODERATE_AGENT_NOT_FOUND", "MODERATE_AGENT_NOT_FOUND" },
        { "RQ_RevokeEnrolmentToken", EstateCode.Done, "REVOKE_ENROLMENT_TOKEN_OK", "REVOKE_ENROLMENT_TOKEN_OK" },
        { "RQ_RevokeEnrolmentToken", EstateCode.Denied, "REVOKE_ENROLMENT_TOKEN_ACCESS_DENIED", "REVOKE_ENROLMENT_TOKEN_ACCESS_DENIED" },
        { "RQ_RevokeEnrolmentToken", EstateCode.NotFound, "REVOKE_ENROLMENT_TOKEN_NOT_FOUND", "REVOKE_ENROLMENT_TOKEN_NOT_FOUND" },
        { "RQ_UpdateBanner", EstateCode.Done, "UPDATE_BANNER_OK", "UPDATE_BANNER_OK" },
        { "RQ_UpdateBanner", EstateCode.Denied, "UPDATE_BANNER_ACCESS_DENIED", "UPDATE_BANNER_ACCESS_DENIED" },
        { "RQ_UpdateBanner", EstateCode.InvalidMessage, "UPDATE_BANNER_INVALID_MESSAGE", "UPDATE_BANNER_INVALID_MESSAGE" },
        { "RQ_UpdateBanner", EstateCode.InvalidImage, "UPDATE_BANNER_INVALID_IMAGE", "UPDATE_BANNER_INVALID_IMAGE" },
        { "RQ_RevokeApiToken", EstateCode.Done, "REVOKE_API_TOKEN_OK", "REVOKE_API_TOKEN_OK" },
        { "RQ_RevokeApiToken", EstateCode.Denied, "REVOKE_API_TOKEN_ACCESS_DENIED", "REVOKE_API_TOKEN_ACCESS_DENIED" },
        { "RQ_RevokeApiToken", EstateCode.NotFound, "REVOKE_API_TOKEN_NOT_FOUND", "REVOKE_API_TOKEN_NOT_FOUND" },
        { "RQ_RevokeSession", EstateCode.Done, "REVOKE_SESSION_OK", "REVOKE_SESSION_OK" },
        { "RQ_RevokeSession", EstateCode.Denied, "REVOKE_SESSION_ACCESS_DENIED", "REVOKE_SESSION_ACCESS_DENIED" },
        { "RQ_RevokeSession", EstateCode.NotFound, "REVOKE_SESSION_NOT_FOUND", "REVOKE_SESSION_NOT_FOUND" },
        { "RQ_PutRole", EstateCode.Done, "PUT_ROLE_OK", "PUT_ROLE_OK" },
        { "RQ_PutRole", EstateCode.Denied, "PUT_ROLE_ACCESS_DENIED", "PUT_ROLE_ACCESS_DENIED" },
        { "RQ_PutRole", EstateCode.BuiltIn, "PUT_ROLE_INVALID", "PUT_ROLE_INVALID" },
        { "RQ_PutRole", EstateCode.Outdated, "PUT_ROLE_CONFLICT", "PUT_ROLE_CONFLICT" },
        { "RQ_DeleteRole", EstateCode.Done, "DELETE_ROLE_OK", "DELETE_ROLE_OK" },
        { "RQ_DeleteRole", EstateCode.BuiltIn, "DELETE_ROLE_ACCESS_DENIED", "DELETE_ROLE_ACCESS_DENIED" },
        { "RQ_DeleteRole", EstateCode.NotFound, "DELETE_ROLE_NOT_FOUND", "DELETE_ROLE_NOT_FOUND" },
        { "RQ_DeleteRole", EstateCode.InUse, "DELETE_ROLE_IN_USE", "DELETE_ROLE_IN_USE" },
    };

    [Theory, MemberData(nameof(Answers))]
    public async Task A_desk_s_answer_becomes_the_result_of_its_request(string request, EstateCode code, string result, string inherited)
    {
        await using var talk = new AdminTalk();
        talk.Desks.Answer = new EstateAnswer(code, "what was wrong", "name", "id", 12);
        var ours = await talk.LogInAsync("mira", ["*"], "quern.v1");
        var theirs = await talk.LogInAsync("noor", ["*"]);

        var answer = await ours.AnswerAsync(s_requests[request]);

        Assert.Equal(result, AdminTalker.NameOf(answer));
        var tail = AdminTalker.TailOf(answer);
        Assert.Equal(("what was wrong", "id", 12), (tail.Detail, tail.ResourceId, tail.Revision));
        Assert.Equal(inherited, await theirs.AskAsync(s_requests[request]));
    }

    [Theory, InlineData("RQ_UpdateUser", "UPDATE_USER_ACCESS_DENIED"), InlineData("RQ_UpdateGroup", "UPDATE_GROUP_FAILED_ACCESS_DENIED"),
        InlineData("RQ_DeleteGroup", "DELETE_GROUP_FAILED_ACCESS_DENIED"), InlineData("RQ_UpdateListener", "UPDATE_LISTENER_ACCESS_DENIED"),
        InlineData("RQ_DeleteListener", "DELETE_LISTENER_ACCESS_DENIED")]
    public async Task A_change_of_nothing_in_particular_is_denied_and_reaches_no_desk(string request, string result)
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);

        var empty = AdminTypes.Find(request)!.Message!.Parser.ParseFrom(ByteString.Empty);

        Assert.Equal(result, await talker.AskAsync(empty));
        Assert.Equal(["login"], talk.Desks.Words);
    }

    [Fact]
    public async Task Every_request_that_changes_something_is_among_these()
    {
        await using var talk = new AdminTalk();
        var elsewhere = new[] { "RQ_Login", "RQ_Logout", "RQ_Ping", "RQ_ResumeSession", "RQ_RenewSession", "RQ_AuthSession", "RQ_STStream", "RQ_StopStream", "RQ_ChangePowerState", "RQ_RefreshAuthCertificate" };

        var withResults = AdminTypes.All.Where(t => t is { IsRequest: true, Answer.IsResult: true }).Select(t => t.Name);

        Assert.Equal(withResults.Except(elsewhere).Order(), s_requests.Keys.Order());
        // And every result of theirs is reached, but for the ones of builds that are told when they have ended.
        var results = s_requests.Keys.SelectMany(r => AdminTypes.Find(r)!.Answer!.Results);
        Assert.Equal(["BUILD_AGENT_OK", "BUILD_AGENT_ACCEPTED"], results.Except(Answers.Select(a => a.Data.Item3)));
    }

    [Fact]
    public async Task Group_passwords_are_not_taken()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");

        Assert.Equal("CREATE_GROUP_INVALID_CONFIG", await talker.AskAsync(new RQ_CreateGroup { Name = "labs", PasswordMechanism = { new PasswordContainer { Password = "p" } } }));
        Assert.Equal("UPDATE_GROUP_INVALID_CONFIG", await talker.AskAsync(new RQ_UpdateGroup { Name = "labs", AgentConfig = new AgentConfig { Key = new KeyContainer() } }));
        Assert.Equal(["login"], talk.Desks.Words);
    }

    [Fact]
    public async Task Ports_beyond_the_range_are_refused_before_the_desk()
    {
        await using var talk = new AdminTalk();
        var ours = await talk.LogInAsync("mira", ["*"], "quern.v1");
        var theirs = await talk.LogInAsync("noor", ["*"]);

        foreach (int port in new[] { -1, 65536, int.MaxValue })
            Assert.Equal("CREATE_LISTENER_INVALID_PORT", await ours.AskAsync(new RQ_CreateListener { Address = "127.0.0.1", Port = port }));
        // 0 picks one, for those who know that.
        Assert.Equal("CREATE_LISTENER_INVALID_PORT", await theirs.AskAsync(new RQ_CreateListener { Address = "127.0.0.1" }));
        Assert.Equal("CREATE_LISTENER_OK", await ours.AskAsync(new RQ_CreateListener { Address = "127.0.0.1" }));
        Assert.Equal("UPDATE_LISTENER_INVALID_PORT", await ours.AskAsync(new RQ_UpdateListener { Id = 2, Port = 70000 }));
        Assert.Equal("UPDATE_LISTENER_INVALID_STATE", await ours.AskAsync(new RQ_UpdateListener { Id = 2, State = Quern.Admin.V1.ListenerState.ListenerFailed }));
        Assert.Equal("CREATE_LISTENER_INVALID_CERTIFICATE", await ours.AskAsync(new RQ_CreateListener { Address = "127.0.0.1", Port = 1, Certificate = ByteString.CopyFrom(1) }));
    }

    [Fact]
    public async Task A_moment_beyond_all_clocks_is_refused()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");

        Assert.Equal("CREATE_USER_INVALID_EXPIRATION", await talker.AskAsync(new RQ_CreateUser { Username = "alice", Expiration = long.MaxValue }));
        Assert.Equal("UPDATE_USER_INVALID_EXPIRATION", await talker.AskAsync(new RQ_UpdateUser { Username = "alice", Expiration = long.MaxValue }));
        // The inherited protocol wrote "never" with negative numbers too.
        Assert.Equal("CREATE_USER_OK", await talker.AskAsync(new RQ_CreateUser { Username = "alice", Expiration = long.MinValue }));
        Assert.Null(Assert.IsType<NewUser>(talk.Desks.Last).ExpiresAt);
    }

    [Fact]
    public async Task What_is_asked_reaches_the_desk_as_it_was_meant()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");

        await talker.AskAsync(new RQ_UpdateUser { Username = "alice", Email = "", Expiration = 0, AddRole = { "operator" }, ExpectedRevision = 4 });
        var edit = Assert.IsType<UserEdit>(talk.Desks.Last);
        await talker.AskAsync(new RQ_UpdateListener { Id = 2, Enabled = false, State = Quern.Admin.V1.ListenerState.ListenerInactive });
        var listener = Assert.IsType<ListenerEdit>(talk.Desks.Last);
        await talker.AskAsync(new RQ_DeleteGroup { Name = "labs", MoveAgentsTo = "others", ExpectedRevision = 2 });

        Assert.Equal(("alice", "", null, true, null, 4), (edit.Name, edit.Email, edit.Phone, edit.SetsExpiry, edit.ExpiresAt, edit.ExpectedRevision));
        Assert.Equal(["operator"], edit.AddRoles);
        Assert.Equal(("2", false, false, null), (listener.Listener, listener.Enabled, listener.Listening, listener.Tls));
        Assert.Equal(("labs", "others", 2L), talk.Desks.Last);
    }
}
