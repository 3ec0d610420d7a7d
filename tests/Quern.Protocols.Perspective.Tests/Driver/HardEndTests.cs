using Quern.Protocols.Perspective.Codec;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Driver;

/// <summary>Ends that come while something else is going on, and streams with habits of their own.</summary>
public sealed class HardEndTests
{
    private static readonly ScriptedObject Echo = ScriptedObject.Echo();

    [Fact]
    [Trait("CWE", "833")]
    public async Task An_object_that_holds_up_the_reader_does_not_hold_up_the_end()
    {
        var held = new TaskCompletionSource();
        var entered = new TaskCompletionSource<IncomingCall>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var talk = await Talk.ServeAsync(new ScriptedObject(async call =>
        {
            entered.SetResult(call);
            await held.Task;
        }));
        await talk.Peer.CallAsync(1, ObjectId.Root, "m");
        var call = await entered.Task;

        talk.Connection.Close("enough");

        Assert.Equal("enough", await talk.Running);
        held.SetResult();
        call.Answer(1L);
    }

    [Fact]
    public async Task What_came_with_the_last_call_before_a_close_is_not_handed_over()
    {
        var heard = new List<string>();
        var stream = new ScriptedStream([
            .. Wire.Encode(new PerspectiveMessage.DialectChoice("pb"), vocabulary: false),
            .. Wire.Encode(new PerspectiveMessage.Call(1, ObjectId.Root, "first", true, [], [])),
            .. Wire.Encode(new PerspectiveMessage.Call(2, ObjectId.Root, "second", true, [], []))]);
        await using var connection = PerspectiveConnection.Server(stream, new PerspectiveOptions(), TimeProvider.System, ScriptedObject.Of(call =>
        {
            heard.Add(call.Method);
            call.Answer(JellyValue.None.Value);
            call.Connection.Close("after the first");
        }));

        Assert.Equal("after the first", await connection.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["first"], heard);
    }

    [Theory, Trait("CWE", "400")]
    [InlineData(1, 61)]
    [InlineData(2000, 1)]
    public async Task A_peer_that_drips_a_message_is_as_good_as_silent(int piece, int seconds)
    {
        var time = new ManualTimeProvider();
        byte[] call = Wire.Encode(new PerspectiveMessage.Call(1, ObjectId.Root, "m", true, [new JellyValue.Bytes(new byte[8000])], []));
        byte[] choice = Wire.Encode(new PerspectiveMessage.DialectChoice("pb"), vocabulary: false);
        var stream = new ScriptedStream([.. choice, .. call.Take(piece == 1 ? 60 : (3 * piece) - choice.Length)])
        {
            Piece = piece,
            Reading = () => time.Advance(TimeSpan.FromSeconds(1)),
        };
        await using var connection = PerspectiveConnection.Server(stream, new PerspectiveOptions(), time, Echo);

        Assert.Equal("the peer closed the connection in the middle of a message", await connection.RunAsync(TestContext.Current.CancellationToken));

        // The last read found the end.
        Assert.Equal(TimeSpan.FromSeconds(seconds), time.GetElapsedTime(connection.LastHeard));
    }

    [Fact]
    public async Task Closing_from_many_threads_and_disposing_meanwhile_ends_it_once()
    {
        for (int round = 0; round < 50; round++)
        {
            await using var talk = await Talk.ServeAsync(Echo);
            var call = talk.Connection.CallAsync(talk.Connection.Root, "m", []);

            await Task.WhenAll(
                Task.Run(() => talk.Connection.Close("one")),
                Task.Run(async () => await talk.Connection.DisposeAsync()),
                Task.Run(() => talk.Connection.Close("two")),
                Task.Run(async () => await talk.Connection.DisposeAsync()));

            Assert.Contains(await talk.Running, (string[])["one", "two", "closed"]);
            Assert.Equal(new CallResult.Lost(await talk.Connection.Closed), await call);
        }
    }

    [Fact]
    public async Task A_fault_of_this_side_reaches_who_runs_it_and_the_others_learn_of_the_end()
    {
        var options = new PerspectiveOptions { Fault = _ => throw new InvalidOperationException("the application's own reporter fails") };
        var stream = new ScriptedStream([
            .. Wire.Encode(new PerspectiveMessage.DialectChoice("pb"), vocabulary: false),
            .. Wire.Encode(new PerspectiveMessage.Call(1, ObjectId.Root, "m", true, [], []))]);
        await using var connection = PerspectiveConnection.Server(stream, options, TimeProvider.System, ScriptedObject.Of(_ => throw new ArgumentException("x")));
        var pending = connection.CallAsync(connection.Root, "m", []);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => connection.RunAsync(TestContext.Current.CancellationToken));

        Assert.Contains("reporter", fault.Message, StringComparison.Ordinal);
        Assert.Equal("a fault of this side", await connection.Closed);
        Assert.IsType<CallResult.Lost>(await pending);
        Assert.True(stream.IsDisposed);
    }

    [Fact]
    public async Task A_stream_that_fails_to_say_goodbye_changes_nothing()
    {
        var stream = new ScriptedStream([]) { Goodbye = new IOException("the other end is gone") };
        await using var connection = PerspectiveConnection.Server(stream, new PerspectiveOptions(), TimeProvider.System, Echo);

        Assert.Equal("the peer closed the connection", await connection.RunAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("CWE", "789")]
    public async Task A_header_alone_gets_little_room()
    {
        byte[] start = [.. Wire.Encode(new PerspectiveMessage.DialectChoice("pb"), vocabulary: false), .. Wire.Hex("03 80 1b 87 01 81 00 00 28 82")];
        var stream = new ScriptedStream(start);
        await using var connection = PerspectiveConnection.Server(stream, new PerspectiveOptions(), TimeProvider.System, Echo);

        await connection.RunAsync(TestContext.Current.CancellationToken);

        Assert.InRange(stream.LargestRead, 1, 128 * 1024);
    }

    [Fact]
    public async Task A_stream_that_gives_one_byte_at_a_time_and_nothing_for_empty_reads_is_fine()
    {
        byte[] block = new byte[5000];
        var heard = new List<int>();
        var stream = new ScriptedStream([
            .. Wire.Encode(new PerspectiveMessage.DialectChoice("none"), vocabulary: false),
            .. Wire.Encode(new PerspectiveMessage.Call(1, ObjectId.Root, "m", true, [new JellyValue.Bytes(block)], []), vocabulary: false),
            .. Wire.Encode(new PerspectiveMessage.Call(2, ObjectId.Root, "m", true, [new JellyValue.Bytes(block)], []), vocabulary: false)])
        {
            Piece = 1,
        };
        await using var connection = PerspectiveConnection.Server(stream, new PerspectiveOptions(), TimeProvider.System, ScriptedObject.Of(call =>
        {
            heard.Add(((JellyValue.Bytes)call.Arguments[0]).Value.Length);
            call.Answer(JellyValue.None.Value);
        }));

        Assert.Equal("the peer closed the connection", await connection.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal([5000, 5000], heard);
    }

    [Fact]
    public async Task A_failure_with_more_text_than_a_string_may_hold_arrives_cut()
    {
        string endless = new('€', 700_000);
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call => call.Fail(
            new CopiedFailure(endless, endless) { Parents = [endless], Traceback = endless })));

        await talk.Peer.CallAsync(1, ObjectId.Root, "m");

        var failure = (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure;
        Assert.StartsWith("€€€", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("€...", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Something_told_gets_no_answer_and_counts_a_request()
    {
        await using var talk = await Talk.ServeAsync(Echo);

        talk.Connection.Tell(talk.Connection.Root, "note", [1L], [KeyValuePair.Create<string, JellyValue>("k", 2L)]);
        var asking = talk.Connection.CallAsync(talk.Connection.Root, "ask", []);

        var told = await talk.Peer.MessageAsync<PerspectiveMessage.Call>();
        Assert.Equal((1, "note", false), (told.RequestId, told.Method, told.WantsAnswer));
        var asked = await talk.Peer.MessageAsync<PerspectiveMessage.Call>();
        Assert.Equal((2, true), (asked.RequestId, asked.WantsAnswer));
        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(2, 3L));
        Assert.Equal(new CallResult.Answered(3L), await asking);
    }

    [Fact]
    public async Task A_client_logs_in_without_a_name_with_and_without_a_mind()
    {
        await using var talk = Talk.Connect();
        await talk.Peer.OfferAsync("pb");

        var without = PerspectiveLogin.LoginAnonymouslyAsync(talk.Connection, mind: null);
        var call = await talk.Peer.MessageAsync<PerspectiveMessage.Call>();
        Assert.Equal(("loginAnonymous", ObjectId.Root), (call.Method, call.Target));
        Assert.Equal([JellyValue.None.Value], call.Arguments);
        await talk.Peer.SendAsync(new PerspectiveMessage.Error(1, CopiedFailure.UnhandledCredentials("no")));
        Assert.True(Assert.IsType<LoginResult.Refused>(await without).Failure.Is("twisted.cred.error.Unauthorized"));

        var with = PerspectiveLogin.LoginAnonymouslyAsync(talk.Connection, Echo);
        Assert.Equal([new JellyValue.Remote(1)], (await talk.Peer.MessageAsync<PerspectiveMessage.Call>()).Arguments);
        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(2, new JellyValue.Remote(4)));
        Assert.Equal((ObjectId)4, Assert.IsType<LoginResult.Accepted>(await with).Avatar.Id);
    }
}
