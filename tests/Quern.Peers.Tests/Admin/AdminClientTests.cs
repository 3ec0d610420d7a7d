using System.Threading.Channels;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>The client library at the live door.</summary>
public sealed class AdminClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_opens_a_session_logs_in_and_asks()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", "*");
        await using var client = await OpenAsync(talk, new AdminClientOptions { Product = "test 1" });

        var login = Assert.IsType<AdminReply.Result>(await client.AskAsync(new RQ_Login { Username = "mira", Password = "p" }, Cancellation));
        var users = Assert.IsType<AdminReply.Message>(await client.AskAsync(new RQ_ListUsers(), Cancellation));

        Assert.Equal(("LOGIN_OK", "token of mira"), (login.Name, login.Tail!.Session.SessionToken));
        Assert.Equal("alice", ((RS_ListUsers)users.Value).User[0].Username);
        Assert.Equal(["results.v1", "tail.v1", "quern.v1"], client.Session.Capability);
        Assert.NotNull(await client.PingAsync(Cancellation));
    }

    [Fact]
    public async Task It_answers_pings_and_questions_and_hears_events()
    {
        await using var talk = new AdminTalk();
        talk.Desks.Welcome = new AgentWelcome.Granted("u1", new byte[] { 1 }, [], DateTimeOffset.UnixEpoch);
        await using var agent = await OpenAsync(talk, new AdminClientOptions
        {
            PingInterval = TimeSpan.Zero,
            Questions = question => question is RQ_AgentMetadata ? new AdminReply.Message(new RS_AgentMetadata { Hostname = "lab1" }) : null,
        });
        await agent.AskAsync(new RQ_AuthSession { EnrolmentToken = "key", Csr = ByteString.CopyFrom(1) }, Cancellation);
        while (talk.Desks.Reports.IsEmpty) Assert.NotNull(await agent.PingAsync(Cancellation));
        Assert.Equal("lab1", Assert.Single(talk.Desks.Reports).Hostname);

        var events = Channel.CreateUnbounded<(int, IMessage)>();
        talk.Desks.LetIn("mira", "*");
        await using var client = await OpenAsync(talk, new AdminClientOptions { PingInterval = TimeSpan.Zero, Events = (stream, news) => events.Writer.TryWrite((stream, news)) });
        await client.AskAsync(new RQ_Login { Username = "mira", Password = "p" }, Cancellation);
        await client.AskAsync(new RQ_STStream { StreamId = 9, Oid = "/listener/2/port", Direction = RQ_STStream.Types.Direction.Downstream }, Cancellation);
        var (number, news) = await events.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(AdminTalk.Patience, Cancellation);
        Assert.Equal((9, 8768), (number, ((EV_STStreamData)news).Integer));

        // It has been asked several times whether it lives, and has not been shown out.
        for (int i = 0; i < 5; i++)
        {
            talk.Time.Advance(TimeSpan.FromSeconds(31));
            Assert.NotNull(await client.PingAsync(Cancellation));
        }
    }

    [Fact]
    public async Task Many_requests_at_once_each_have_their_own_answer()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", "*");
        await using var client = await OpenAsync(talk, new AdminClientOptions());
        await client.AskAsync(new RQ_Login { Username = "mira", Password = "p" }, Cancellation);

        var replies = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => client.AskAsync(i % 2 == 0 ? new RQ_ListUsers() : new RQ_ListGroups(), Cancellation)));

        for (int i = 0; i < replies.Length; i++)
            Assert.Equal(i % 2 == 0 ? "RS_ListUsers" : "RS_ListGroups", ((AdminReply.Message)replies[i]).Value.Descriptor.Name);
    }

    [Fact]
    public async Task What_is_not_answered_in_time_is_told_apart_from_what_is_lost()
    {
        await using var talk = new AdminTalk();
        talk.Desks.LetIn("mira", "*");
        await using var client = await OpenAsync(talk, new AdminClientOptions { PingInterval = TimeSpan.Zero });
        await client.AskAsync(new RQ_Login { Username = "mira", Password = "p" }, Cancellation);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        talk.Desks.Gate = gate.Task;

        var late = client.AskAsync(new RQ_ListUsers(), TimeSpan.FromSeconds(5), Cancellation);
        while (!talk.Desks.Words.Contains("list users")) await Task.Yield();
        talk.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.IsType<AdminReply.TimedOut>(await late);

        var lost = client.AskAsync(new RQ_ListUsers(), Cancellation);
        talk.Acceptor.Room.All().Single().Break("the master stopped listening");
        Assert.Equal("the server closed the connection", Assert.IsType<AdminReply.Lost>(await lost).Reason);
        Assert.Equal("the server closed the connection", await client.Closed);
        Assert.IsType<AdminReply.Lost>(await client.AskAsync(new RQ_Ping(), Cancellation));
        gate.SetResult();
    }

    [Fact]
    public async Task A_server_that_is_none_is_told_in_words()
    {
        var (ours, theirs) = DuplexPair.Create();
        await theirs.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\nServer: somebody\r\n\r\n"u8.ToArray(), Cancellation);

        var error = await Assert.ThrowsAsync<IOException>(() => AdminClient.OpenAsync(ours, new AdminClientOptions(), TimeProvider.System, Cancellation));

        Assert.StartsWith("The server did not open a session", error.Message, StringComparison.Ordinal);
        await theirs.DisposeAsync();
    }

    [Fact]
    public async Task Only_requests_can_be_asked()
    {
        await using var talk = new AdminTalk();
        await using var client = await OpenAsync(talk, new AdminClientOptions());

        await Assert.ThrowsAsync<ArgumentException>(() => client.AskAsync(new RS_ListUsers(), Cancellation));
    }

    private static Task<AdminClient> OpenAsync(AdminTalk talk, AdminClientOptions options) => AdminClient.OpenAsync(talk.Dial(), options, talk.Time, Cancellation);
}
