using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Admin;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>Peers that do what they should not.</summary>
public sealed class AdminHostileTests
{
    private static readonly RQ_Session s_session = new() { InstanceUuid = "u", InstanceType = InstanceType.InstanceClient };

    [Theory, Trait("CWE", "400")]
    [InlineData("8080808000")]           // a length of five bytes, and of zero
    [InlineData("808080808001")]         // a length of six
    [InlineData("00")]
    [InlineData("05ffffffffff")]         // no envelope
    [InlineData("474554202f20485454502f312e310d0a486f73743a206661726d2e6578616d706c652e6f72673a383736380d0a557365722d4167656e743a204d6f7a696c6c612f352e300d0a4163636570743a202a2f2a0d0a0d0a")]   // somebody's browser
    public async Task What_is_no_message_ends_the_connection(string hex)
    {
        await using var talk = new AdminTalk();
        var talker = talk.Connect();

        await talker.SendAsync(Convert.FromHexString(hex));

        Assert.Empty(await talker.RestAsync());
    }

    [Fact]
    public async Task Each_state_has_its_longest_message()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", "*");

        var fresh = talk.Connect();
        await fresh.SendAsync([0x81, 0x20]);   // 4,097 bytes follow
        Assert.Empty(await fresh.RestAsync());
        Assert.Equal("it announced a message of over 4096 bytes", talk.Desks.Ends.Last());

        var stranger = await talk.OpenAsync();
        await stranger.SendAsync(new RQ_ServerBanner { KnownImageSha256 = ByteString.CopyFrom(new byte[16_000]) });
        Assert.NotNull(await stranger.ReceiveAsync());
        await stranger.SendAsync([0x81, 0x80, 0x01]);   // 16,385
        Assert.Empty(await stranger.RestAsync());

        var user = await talk.LogInAsync("mira", ["*"], "quern.v1");
        Assert.Equal("UPDATE_BANNER_OK", await user.AskAsync(new RQ_UpdateBanner { Image = ByteString.CopyFrom(new byte[1024 * 1024]) }));
        await user.SendAsync([0x81, 0x80, 0x80, 0x02]);   // 4 MiB and 1
        Assert.Empty(await user.RestAsync());
        Assert.Equal("it announced a message of over 4194304 bytes", talk.Desks.Ends.Last());
    }

    [Fact]
    public async Task Whoever_says_nothing_or_drips_is_shown_out()
    {
        await using var talk = new AdminTalk();
        var silent = talk.Connect();
        var dripping = talk.Connect();
        await dripping.SendAsync([0x35, 0x18]);

        talk.Time.Advance(TimeSpan.FromSeconds(11));

        Assert.Empty(await silent.RestAsync());
        Assert.Empty(await dripping.RestAsync());
        Assert.All(talk.Desks.Ends, end => Assert.Equal("it did not say what it is within 10 s", end));
    }

    [Fact]
    public async Task Whoever_does_not_log_in_is_shown_out()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();

        talk.Time.Advance(TimeSpan.FromSeconds(121));

        Assert.Empty(await talker.RestAsync());
        Assert.Equal(["it did not log in within 120 s"], talk.Desks.Ends);
    }

    [Fact]
    public async Task Strangers_may_not_send_more_than_twenty_messages_a_minute()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();

        for (int i = 0; i < 20; i++) Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
        await talker.SendAsync(new RQ_Ping());

        Assert.Empty(await talker.RestAsync());
    }

    [Fact]
    public async Task The_tenth_message_that_nobody_knows_is_the_last()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);
        byte[] unknown = talker.BytesOf(AdminMessage.Of(new RQ_Ping(), 1) with { Number = 123456789 });

        for (int i = 0; i < 9; i++) await talker.SendAsync(unknown);
        Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
        await talker.SendAsync(unknown);

        Assert.Empty(await talker.RestAsync());
        Assert.Equal(["it sent 10 messages that nobody knows"], talk.Desks.Ends);
    }

    [Fact]
    public async Task A_silent_peer_is_asked_and_then_given_up()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);

        talk.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("RQ_Ping", (await talker.ReceiveAsync())!.Type!.Name);
        talk.Time.Advance(TimeSpan.FromSeconds(91));

        await talker.RestAsync();
        Assert.Equal(["it said nothing for 90 s"], talk.Desks.Ends);
    }

    [Fact]
    public async Task A_peer_that_answers_stays()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);

        for (int i = 0; i < 5; i++)
        {
            talk.Time.Advance(TimeSpan.FromSeconds(31));
            var ping = (await talker.ReceiveAsync())!;
            Assert.Equal("RQ_Ping", ping.Type!.Name);
            await talker.SendAsync(AdminMessage.Of(ping.Type.Answer!, 0, ping.Id));
            // It is known to have been heard when what was sent behind it is answered.
            Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
        }
        Assert.Empty(talk.Desks.Ends);
    }

    [Fact]
    public async Task Sessions_that_are_over_elsewhere_are_noticed_by_the_clock()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);
        talk.Desks.Sessions.Clear();

        talk.Time.Advance(TimeSpan.FromSeconds(31));

        await talker.RestAsync();
        Assert.Equal(["its session is over"], talk.Desks.Ends);
    }

    [Fact]
    public async Task What_was_sent_together_is_answered_in_order_with_the_rights_of_each_moment()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", "*");
        var talker = talk.Connect();
        byte[] all =
        [
            .. talker.BytesOf(AdminMessage.Of(s_session, 1)),
            .. talker.BytesOf(AdminMessage.Of(new RQ_CreateGroup { Name = "labs" }, 2)),
            .. talker.BytesOf(AdminMessage.Of(new RQ_Login { Username = "mira", Password = "p" }, 3)),
            .. talker.BytesOf(AdminMessage.Of(new RQ_CreateGroup { Name = "labs" }, 4)),
            .. talker.BytesOf(AdminMessage.Of(new RQ_Logout(), 5)),
            .. talker.BytesOf(AdminMessage.Of(new RQ_CreateGroup { Name = "labs" }, 6)),
        ];

        await talker.SendAsync(all);

        var answers = await talker.RestAsync();
        Assert.Equal([1, 2, 3, 4, 5], answers.Select(a => a.Id));
        Assert.Equal(["CREATE_GROUP_FAILED_ACCESS_DENIED", "LOGIN_OK", "CREATE_GROUP_OK", "LOGOUT_OK"], answers.Skip(1).Select(AdminTalker.NameOf));
        Assert.Equal(["login", "create group", "logout"], talk.Desks.Words);
    }

    [Fact]
    public async Task Messages_are_read_however_their_bytes_arrive()
    {
        await using var talk = new AdminTalk();
        var talker = talk.Connect();

        foreach (byte b in talker.BytesOf(AdminMessage.Of(s_session, 1))) await talker.SendAsync([b]);

        Assert.Equal("RS_Session", (await talker.ReceiveAsync())!.Type!.Name);
    }

    [Fact]
    public async Task A_peer_that_leaves_in_the_middle_is_gone()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.OpenAsync();
        await talker.SendAsync([0x35, 0x18]);

        await talker.DisposeAsync();

        Assert.Equal(["it closed the connection in the middle of a message"], talk.Desks.Ends);
    }

    [Theory, InlineData(""), InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public async Task A_session_without_a_sensible_UUID_is_none(string uuid)
    {
        await using var talk = new AdminTalk();
        var talker = talk.Connect();

        await talker.SendAsync(AdminMessage.Of(new RQ_Session { InstanceUuid = uuid }, 1));

        Assert.Empty(await talker.RestAsync());
    }

    [Fact]
    public async Task Servers_and_types_that_never_were_are_shown_out()
    {
        await using var talk = new AdminTalk();
        foreach (var type in new[] { InstanceType.InstanceServer, (InstanceType)8, (InstanceType)(-1) })
        {
            var talker = talk.Connect();
            await talker.SendAsync(AdminMessage.Of(new RQ_Session { InstanceUuid = "u", InstanceType = type }, 1));
            Assert.Empty(await talker.RestAsync());
        }
    }

    [Fact]
    public async Task A_request_that_cannot_be_read_has_its_answer()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);

        // A length that runs beyond the payload.
        await talker.SendAsync(Envelope(AdminTypes.Find("RQ_CreateUser")!.NumberFor(NameSet.Protocol), 77, [0x0A, 0x7F, 0x61]));

        var answer = (await talker.ReceiveAsync())!;
        Assert.Equal((77, "CREATE_USER_ACCESS_DENIED"), (answer.Id, AdminTalker.NameOf(answer)));
        Assert.Equal(["login"], talk.Desks.Words);
    }

    [Fact]
    public async Task A_desk_that_fails_gives_the_general_refusal_and_the_connection_goes_on()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"], "quern.v1");
        talk.Desks.Trouble = new InvalidOperationException("the disk is full");

        var answer = await talker.AnswerAsync(new RQ_CreateUser { Username = "alice" });

        Assert.Equal("CREATE_USER_ACCESS_DENIED", AdminTalker.NameOf(answer));
        Assert.DoesNotContain("disk", AdminTalker.TailOf(answer).Detail, StringComparison.Ordinal);
        Assert.Equal(["RQ_CreateUser: the disk is full"], talk.Desks.Failures);
        Assert.Equal("PING_OK", await talker.AskAsync(new RQ_Ping()));
    }

    [Fact]
    public async Task What_was_begun_is_finished_although_the_peer_has_gone()
    {
        await using var talk = new AdminTalk();
        var talker = await talk.LogInAsync("mira", ["*"]);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        talk.Desks.Gate = gate.Task;
        await talker.SendAsync(new RQ_CreateUser { Username = "alice" });
        // The listener by which it came is closed meanwhile.
        while (!talk.Desks.Words.Contains("create user")) await Task.Yield();

        talk.Acceptor.Room.All().Single().Break("the master stopped listening");
        await talker.RestAsync();
        gate.SetResult();

        await talk.Acceptor.DisposeAsync();
        Assert.Empty(talk.Desks.Failures);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_is_given_up()
    {
        await using var talk = new AdminTalk(new AdminOptions { LoginDeadline = TimeSpan.FromDays(1) });
        talk.Desks.Current = talk.Desks.Current with { Image = new byte[60_000], ImageSha256 = new byte[] { 1 } };
        var talker = await talk.OpenAsync();

        for (int i = 0; i < 4; i++) await talker.SendAsync(new RQ_ServerBanner());
        // The writer has begun to wait when the clock moves on; until then it moves in vain.
        while (!talker.Served.IsCompleted)
        {
            talk.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["it did not take what it was sent within 30 s"], talk.Desks.Ends);
    }

    [Fact]
    public async Task No_more_strangers_are_let_in_than_there_is_room_for()
    {
        await using var talk = new AdminTalk(new AdminOptions { MaxStrangers = 1 });
        talk.Desks.LetIn("mira", "*");
        var first = await talk.OpenAsync();

        Assert.Empty(await talk.Connect().RestAsync());
        Assert.Equal("LOGIN_OK", await first.AskAsync(new RQ_Login { Username = "mira", Password = "p" }));

        var second = await talk.OpenAsync();
        Assert.NotEqual(first.Session.InstanceSid, second.Session.InstanceSid);
    }

    [Fact]
    public async Task A_session_number_is_not_given_twice()
    {
        await using var talk = new AdminTalk(null, 1, 2, 2, 3);

        var first = await talk.OpenAsync();
        var second = await talk.OpenAsync();

        Assert.Equal([2, 3], new[] { first, second }.Select(t => t.Session.InstanceSid >> 8));
    }

    private static byte[] Envelope(int number, int id, byte[] payload)
    {
        using var bytes = new MemoryStream();
        new MSG { Id = id, PayloadType = number, Payload = ByteString.CopyFrom(payload) }.WriteDelimitedTo(bytes);
        return bytes.ToArray();
    }
}
