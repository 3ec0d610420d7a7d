using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Model;
using Quern.Peers.Admin;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>Logins, agents' and people's, and what comes of them.</summary>
public sealed class LoginAnswerTests
{
    private static readonly RQ_Login s_login = new() { Username = "mira", Password = "violet tractor" };

    public static TheoryData<string, string, string> Refusals { get; } = new()
    {
        { nameof(LoginOutcome.TooMany), "LOGIN_RATE_LIMITED", "LOGIN_FAILED" },
        { nameof(LoginOutcome.InvalidName), "LOGIN_INVALID_USERNAME", "LOGIN_INVALID_USERNAME" },
        { nameof(LoginOutcome.InvalidPassword), "LOGIN_INVALID_PASSWORD", "LOGIN_INVALID_PASSWORD" },
        { nameof(LoginOutcome.Wrong), "LOGIN_FAILED", "LOGIN_FAILED" },
        { nameof(LoginOutcome.Expired), "LOGIN_FAILED_EXPIRED_USER", "LOGIN_FAILED_EXPIRED_USER" },
        { nameof(LoginOutcome.Maintenance), "LOGIN_MAINTENANCE", "LOGIN_FAILED" },
        { nameof(LoginOutcome.CodeNeeded), "LOGIN_TOKEN_REQUIRED", "LOGIN_INVALID_TOKEN" },
        { nameof(LoginOutcome.WrongCode), "LOGIN_INVALID_TOKEN", "LOGIN_INVALID_TOKEN" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public async Task A_refused_login_has_its_result(string outcome, string result, string inherited)
    {
        await using var talk = new AdminTalk();
        talk.Desks.Login = outcome switch
        {
            nameof(LoginOutcome.TooMany) => new LoginOutcome.TooMany(TimeSpan.FromSeconds(90.5)),
            nameof(LoginOutcome.InvalidName) => new LoginOutcome.InvalidName(),
            nameof(LoginOutcome.InvalidPassword) => new LoginOutcome.InvalidPassword(),
            nameof(LoginOutcome.Expired) => new LoginOutcome.Expired(),
            nameof(LoginOutcome.Maintenance) => new LoginOutcome.Maintenance(),
            nameof(LoginOutcome.CodeNeeded) => new LoginOutcome.CodeNeeded(),
            nameof(LoginOutcome.WrongCode) => new LoginOutcome.WrongCode(),
            _ => new LoginOutcome.Wrong(),
        };
        var ours = await talk.OpenAsync("quern.v1");
        var theirs = await talk.OpenAsync();

        var answer = await ours.AnswerAsync(s_login);

        Assert.Equal(result, AdminTalker.NameOf(answer));
        Assert.Equal(outcome == nameof(LoginOutcome.TooMany) ? 91u : 0u, AdminTalker.TailOf(answer).RetryAfterSeconds);
        Assert.Equal(inherited, await theirs.AskAsync(s_login));
    }

    [Fact]
    public async Task The_fifth_refused_login_is_the_last_word()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();

        for (int i = 0; i < 5; i++) Assert.Equal("LOGIN_FAILED", await talker.AskAsync(s_login));

        Assert.Empty(await talker.RestAsync());
        Assert.Equal(["5 logins were refused"], talk.Desks.Ends);
    }

    [Fact]
    public async Task Whoever_must_change_a_password_can_do_that_and_little_else()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", SignInDuty.ChangePassword, "*");
        var talker = await talk.OpenAsync("quern.v1");
        Assert.Equal("LOGIN_PASSWORD_CHANGE_REQUIRED", await talker.AskAsync(s_login));

        Assert.Equal("CREATE_GROUP_FAILED_ACCESS_DENIED", await talker.AskAsync(new RQ_CreateGroup { Name = "labs" }));
        Assert.Equal("UPDATE_USER_ACCESS_DENIED", await talker.AskAsync(new RQ_UpdateUser { Username = "noor", Password = "green tractor" }));
        Assert.Equal("RENEW_SESSION_EXPIRED", await talker.AskAsync(new RQ_RenewSession()));
        Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
        Assert.Equal(["login"], talk.Desks.Words);
        // The desk changes the password, so the duty is done.
        talk.Desks.Sessions["token of mira"] = talk.Desks.Sessions["token of mira"] with { Duty = SignInDuty.None };
        Assert.Equal("UPDATE_USER_OK", await talker.AskAsync(new RQ_UpdateUser { Username = "mira", Password = "green tractor", CurrentPassword = "violet tractor" }));
        Assert.Equal("CREATE_GROUP_OK", await talker.AskAsync(new RQ_CreateGroup { Name = "labs" }));
    }

    [Fact]
    public async Task Whoever_must_set_up_codes_is_told_so_and_can()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", SignInDuty.EnrolTotp, "*");
        talk.Desks.Offer = new TotpOffer(EstateAnswer.Done(), "otpauth://totp/Quern:mira", "JBSW", new byte[] { 1 });
        talk.Desks.Codes = ["aaaa-bbbb"];
        var talker = await talk.OpenAsync("quern.v1");
        var answer = await talker.AnswerAsync(s_login);

        Assert.Equal(("LOGIN_OK", true), (AdminTalker.NameOf(answer), AdminTalker.TailOf(answer).Session.TotpEnrolmentRequired));
        Assert.Equal("JBSW", (await talker.AskAsync<RS_BeginTotp>(new RQ_BeginTotp { Password = "violet tractor" })).SecretBase32);
        var confirmed = await talker.AskAsync<RS_ConfirmTotp>(new RQ_ConfirmTotp { Token = 81804 });
        Assert.True(confirmed.Confirmed);
        Assert.Equal(["aaaa-bbbb"], confirmed.RecoveryCode);
        Assert.Equal("081804", talk.Desks.Last);
    }

    [Theory, InlineData(SignInDuty.ChangePassword), InlineData(SignInDuty.EnrolTotp)]
    public async Task An_inherited_client_that_could_do_nothing_about_it_is_not_let_in(SignInDuty duty)
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", duty, "*");
        var talker = await talk.OpenAsync();

        Assert.Equal("LOGIN_FAILED", await talker.AskAsync(s_login));
        Assert.Equal(["login", "logout"], talk.Desks.Words);
        Assert.Equal("CREATE_GROUP_FAILED_ACCESS_DENIED", await talker.AskAsync(new RQ_CreateGroup { Name = "labs" }));
    }

    [Fact]
    public async Task A_second_login_of_somebody_else_on_one_connection_is_refused()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);

        Assert.Equal("LOGIN_FAILED", await talker.AskAsync(new RQ_Login { Username = "alice", Password = "violet tractor" }));
        Assert.Equal("RESUME_SESSION_FAILED", await talker.AskAsync(new RQ_ResumeSession { SessionToken = "token of mira" }));
        Assert.Equal("AUTH_SESSION_FAILED", await talker.AskAsync(new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(1) }));
        Assert.Equal(["login"], talk.Desks.Words);
    }

    [Fact]
    public async Task A_session_is_taken_up_again_renewed_and_ended()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", "*");
        var talker = await talk.OpenAsync("quern.v1");

        Assert.Equal("RESUME_SESSION_FAILED", await talker.AskAsync(new RQ_ResumeSession { SessionToken = "nobody's" }));
        Assert.Equal("RESUME_SESSION_OK", await talker.AskAsync(new RQ_ResumeSession { SessionToken = "token of mira" }));
        Assert.Equal("RENEW_SESSION_OK", await talker.AskAsync(new RQ_RenewSession()));
        Assert.Equal("LOGOUT_OK", await talker.AskAsync(new RQ_Logout { Everywhere = true }));

        Assert.Empty(await talker.RestAsync());
        Assert.Equal(("token of mira", true), talk.Desks.Last);
        Assert.Equal(["it logged out"], talk.Desks.Ends);
    }

    [Fact]
    public async Task A_logout_without_a_login_ends_the_connection_too()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();

        Assert.Equal("LOGOUT_OK", await talker.AskAsync(new RQ_Logout()));

        Assert.Empty(await talker.RestAsync());
        Assert.Empty(talk.Desks.Words);
    }

    [Fact]
    public async Task A_session_that_is_over_answers_once_more_and_closes()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);
        talk.Desks.Sessions.Clear();

        Assert.Equal("CREATE_GROUP_FAILED_ACCESS_DENIED", await talker.AskAsync(new RQ_CreateGroup { Name = "labs" }));

        Assert.Empty(await talker.RestAsync());
        Assert.Equal(["its session is over"], talk.Desks.Ends);
    }

    [Fact]
    public async Task Sessions_that_are_ended_elsewhere_close_their_connections_at_once()
    {
        await using var talk = new AdminTalk();
        var mira = await talk.LogInAsync("mira", ["*"]);
        var noor = await talk.LogInAsync("noor", ["*"], "quern.v1");
        talk.Desks.Sessions.TryRemove("token of mira", out _);

        Assert.Equal("REVOKE_SESSION_OK", await noor.AskAsync(new RQ_RevokeSession { Id = "1" }));

        Assert.Empty(await mira.RestAsync());
        Assert.Equal("PING_OK", await noor.AskAsync(new RQ_Ping()));
    }

    [Fact]
    public async Task A_listener_for_agents_takes_no_people_and_the_other_way_round()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", "*");
        var agentsOnly = talk.Connect(agents: true, clients: false);
        var peopleOnly = talk.Connect(agents: false, clients: true);
        await agentsOnly.OpenAsync();
        await peopleOnly.OpenAsync();

        Assert.Equal("LOGIN_FAILED", await agentsOnly.AskAsync(s_login));
        Assert.Equal("AUTH_SESSION_FAILED", await peopleOnly.AskAsync(new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(1) }));
        Assert.Empty(talk.Desks.Words);
    }

    [Fact]
    public async Task An_agent_joins_with_a_key_and_is_asked_what_it_is()
    {
        await using var talk = new AdminTalk();
        talk.Desks.Welcome = new AgentWelcome.Granted("u1", new byte[] { 1, 2 }, [new byte[] { 3 }], DateTimeOffset.FromUnixTimeSeconds(4_000_000_000));
        var talker = await talk.OpenAsync("quern.v1");

        var answer = await talker.AnswerAsync(new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(9) });

        Assert.Equal("AUTH_SESSION_OK", AdminTalker.NameOf(answer));
        var grant = AdminTalker.TailOf(answer).Certificate;
        Assert.Equal((2, 1, 4_000_000_000_000), (grant.Certificate.Length, grant.Chain.Count, grant.NotAfter));
        var question = await talker.ReceiveAsync();
        Assert.Equal("RQ_AgentMetadata", question!.Type!.Name);
        await talker.SendAsync(AdminMessage.Of(new RS_AgentMetadata
        {
            Hostname = "la\u0000b1\U0001F600",
            Os = OsType.OsLinux,
            Arch = ArchType.ArchAarch64,
            AgentVersion = "0.1",
            InstallDirectory = new string('/', 5000),
            BootAgentDetected = true,
        }, question.Id));
        // What was sent before is taken when what was sent after is answered.
        Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
        // Without what no line has, and no longer than a host name or a path is.
        var report = new AgentReport("u1", "lab1", "linux-arm64", "0.1", System.Net.IPAddress.Parse("192.0.2.7"))
        {
            Os = "linux",
            Processor = "aarch64",
            InstallFolder = new string('/', 1024),
            BootAgent = true,
        };
        Assert.Equal(report, Assert.Single(talk.Desks.Reports));
        Assert.Equal(("report agent", report), talk.Desks.Asked.Last());
        // It renews what it got, and is nobody who may ask for other things.
        Assert.Equal("AUTH_SESSION_OK", await talker.AskAsync(new RQ_AuthSession { Csr = ByteString.CopyFrom(9) }));
        Assert.Equal("renew certificate", talk.Desks.Words.Last());
        Assert.Equal("CREATE_USER_ACCESS_DENIED", await talker.AskAsync(new RQ_CreateUser { Username = "alice" }));
        Assert.Equal("LOGIN_FAILED", await talker.AskAsync(s_login));
    }

    [Fact]
    public async Task An_agent_that_somebody_must_let_in_first_is_told_to_wait_in_the_words_it_knows()
    {
        await using var talk = new AdminTalk();
        talk.Desks.Welcome = new AgentWelcome.Pending("u1");
        var ours = await talk.OpenAsync("quern.v1");
        var theirs = await talk.OpenAsync();
        var request = new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(9) };

        Assert.Equal("AUTH_SESSION_PENDING", await ours.AskAsync(request));
        Assert.Equal("AUTH_SESSION_FAILED", await theirs.AskAsync(request));
        talk.Desks.Welcome = new AgentWelcome.TooMany(TimeSpan.FromMinutes(1));
        Assert.Equal("AUTH_SESSION_RATE_LIMITED", await ours.AskAsync(request));
        talk.Desks.Welcome = new AgentWelcome.Refused();
        Assert.Equal("AUTH_SESSION_FAILED", await ours.AskAsync(request));
    }

    [Fact]
    public async Task Passwords_and_tokens_of_groups_are_refused_and_counted()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();

        Assert.Equal("AUTH_SESSION_FAILED", await talker.AskAsync(new RQ_AuthSession { Password = "12345678" }));
        Assert.Equal("AUTH_SESSION_FAILED", await talker.AskAsync(new RQ_AuthSession { Token = "12345678" }));
        for (int i = 0; i < 3; i++) Assert.Equal("AUTH_SESSION_FAILED", await talker.AskAsync(new RQ_AuthSession()));

        Assert.Empty(await talker.RestAsync());
        Assert.Empty(talk.Desks.Words);
    }

    [Fact]
    public async Task Clients_of_before_the_results_are_answered_with_outcomes_where_they_are_taken_in()
    {
        await using var talk = new AdminTalk(new AdminOptions { TakesOutcomes = true });
        talk.Desks.Login = new LoginOutcome.InvalidName();
        var talker = await talk.OpenAsync();

        var invalid = (Outcome)((AdminBody.Message)(await talker.AnswerAsync(s_login, NameSet.Outcomes)).Body).Value;
        talk.Desks.LetIn("mira", "*");
        var good = (Outcome)((AdminBody.Message)(await talker.AnswerAsync(s_login, NameSet.Outcomes)).Body).Value;
        var ping = await talker.AnswerAsync(new RQ_Ping(), NameSet.Outcomes);
        await talker.SendAsync(new RQ_Logout(), NameSet.Outcomes);

        Assert.Equal((false, Outcome.Types.ErrorCode.InvalidUsername), (invalid.Result, invalid.Error));
        Assert.True(good.Result);
        Assert.Equal(-993583241, ping.Number);
        // A logout is answered by the end of the connection.
        Assert.Empty(await talker.RestAsync());
        Assert.Equal("logout", talk.Desks.Words.Last());
    }

    [Fact]
    public async Task They_are_nobody_s_where_they_are_not()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();

        await talker.SendAsync(s_login, NameSet.Outcomes);

        Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
        Assert.Empty(talk.Desks.Words);
    }
}
