using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Driver;

/// <summary>How a connection ends, and what of it is left.</summary>
public sealed class EndTests
{
    private static readonly ILocalObject Echo = ScriptedObject.Echo();

    [Fact]
    public async Task When_the_peer_closes_all_that_waits_is_lost()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        Task<CallResult>[] calls = [.. Enumerable.Range(0, 10).Select(_ => talk.Connection.CallAsync(talk.Connection.Root, "m", []))];

        await talk.Peer.DisposeAsync();

        Assert.Equal("the peer closed the connection", await talk.Running);
        foreach (var call in calls) Assert.Equal(new CallResult.Lost("the peer closed the connection"), await call);
        Assert.Equal(new CallResult.Lost("the peer closed the connection"), await talk.Connection.CallAsync(talk.Connection.Root, "m", []));
        Assert.Equal("the peer closed the connection", await talk.Connection.Closed);
    }

    [Fact]
    public async Task An_end_in_the_middle_of_a_message_is_told_apart()
    {
        await using var talk = await Talk.ServeAsync(Echo);

        await talk.Peer.SendHexAsync("07 80 1a 87 01");
        await talk.Peer.DisposeAsync();

        Assert.Equal("the peer closed the connection in the middle of a message", await talk.Running);
    }

    [Fact]
    public async Task A_stream_that_breaks_ends_the_connection_without_an_exception()
    {
        var stream = new BrokenStream();
        await using var connection = PerspectiveConnection.Server(stream, new PerspectiveOptions(), TimeProvider.System, Echo);

        string reason = await connection.RunAsync(TestContext.Current.CancellationToken);

        Assert.Contains("the cable was pulled", reason, StringComparison.Ordinal);
        Assert.True(stream.Disposed);
    }

    [Fact]
    public async Task What_was_said_before_a_close_still_arrives_and_the_first_reason_is_kept()
    {
        await using var talk = await Talk.ServeAsync(Echo);

        for (int i = 0; i < 10; i++) _ = talk.Connection.CallAsync(talk.Connection.Root, $"m{i}", [new JellyValue.Bytes(new byte[10_000])]);
        talk.Connection.Close("enough");
        talk.Connection.Close("later");

        for (int i = 0; i < 10; i++) Assert.Equal($"m{i}", (await talk.Peer.MessageAsync<PerspectiveMessage.Call>()).Method);
        Assert.Null(await talk.Peer.MessageAsync());
        Assert.Equal("enough", await talk.Running);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_is_waited_for_no_longer_than_the_patience()
    {
        var time = new ManualTimeProvider();
        await using var talk = await Talk.ServeAsync(Echo, new PerspectiveOptions { FlushPatience = TimeSpan.FromSeconds(3) }, time);
        talk.Connection.MaxMessageBytes = 1 << 20;
        for (int i = 0; i < 4; i++) _ = talk.Connection.CallAsync(talk.Connection.Root, "m", [new JellyValue.Bytes(new byte[500_000])]);

        talk.Connection.Close("enough");
        while (!talk.Running.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(3));
            await Task.Yield();
        }

        Assert.Equal("enough", await talk.Running);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_its_answers_is_dropped()
    {
        var options = new PerspectiveOptions { MaxUnsentBytes = 1 << 20 };
        await using var talk = await Talk.ServeAsync(Echo, options);
        talk.Connection.MaxMessageBytes = 1 << 20;

        var sending = Task.Run(async () =>
        {
            for (int i = 1; i < 1000; i++) await talk.Peer.CallAsync(i, ObjectId.Root, "echo", new JellyValue.Bytes(new byte[10_000]));
        }, TestContext.Current.CancellationToken);

        Assert.Contains("does not read", await talk.Running, StringComparison.Ordinal);
        await sending.ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    [Fact]
    public async Task Stopping_from_outside_ends_it()
    {
        var pair = new DuplexPair();
        using var stop = new CancellationTokenSource();
        await using var connection = PerspectiveConnection.Server(pair.Ours, new PerspectiveOptions(), TimeProvider.System, Echo);
        var running = connection.RunAsync(stop.Token);

        await stop.CancelAsync();

        Assert.Equal("stopped", await running);
    }

    [Fact]
    public async Task A_connection_that_never_ran_can_be_disposed_and_closed_again()
    {
        var pair = new DuplexPair();
        var connection = PerspectiveConnection.Client(pair.Ours, new PerspectiveOptions(), TimeProvider.System);
        var call = connection.CallAsync(connection.Root, "m", []);

        await connection.DisposeAsync();
        connection.Close("again");

        Assert.IsType<CallResult.Lost>(await call);
        Assert.Equal("closed", await connection.Closed);
    }

    [Fact]
    public async Task A_call_that_is_still_open_at_the_end_may_be_answered_into_the_void()
    {
        IncomingCall? open = null;
        var taken = new TaskCompletionSource();
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call =>
        {
            open = call;
            taken.SetResult();
        }));
        await talk.Peer.CallAsync(1, ObjectId.Root, "m", "text");
        await taken.Task;

        await talk.Peer.DisposeAsync();
        await talk.Running;
        open!.Answer(1L);

        Assert.True(open.IsAnswered);
    }

    [Theory]
    [InlineData("88", "element type")]                                        // no such type
    [InlineData("20 87", "vocabulary number 32")]
    [InlineData("01 00 28 82", "a string of 655361 bytes")]
    [InlineData("01 81", "no message")]                                       // not a list
    [InlineData("00 80", "no message")]                                       // empty
    [InlineData("02 80 04 82 73 70 61 6d 01 81", "'spam'")]                   // unknown
    [InlineData("02 80 1e 87 01 81", "'decache'")]                            // caching is not offered
    [InlineData("03 80 1b 87 63 81 01 80 01 87", "request 99")]               // an answer nobody waits for
    [InlineData("03 80 1c 87 63 81 01 80 01 87", "request 99")]               // an error nobody waits for
    public async Task What_the_protocol_forbids_drops_the_connection_and_says_why(string hex, string why)
    {
        await using var talk = await Talk.ServeAsync(Echo);

        await talk.Peer.SendHexAsync(hex);

        Assert.Contains(why, await talk.Running, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_answer_drops_the_connection()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        var call = talk.Connection.CallAsync(talk.Connection.Root, "m", []);
        await talk.Peer.MessageAsync();

        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(1, 1L));
        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(1, 2L));

        Assert.Equal(new CallResult.Answered(1L), await call);
        Assert.Contains("request 1", await talk.Running, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_complaint_of_the_peer_is_ignored()
    {
        await using var talk = await Talk.ServeAsync(Echo);

        await talk.Peer.SendAsync(new PerspectiveMessage.DidNotUnderstand("spam"));
        await talk.Peer.CallAsync(1, ObjectId.Root, "echo");

        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
    }

    [Fact]
    public async Task A_stranger_can_make_a_server_hold_no_more_than_its_limit()
    {
        var open = new List<IncomingCall>();
        var options = new PerspectiveOptions { MaxMessageBytes = 16 * 1024 };
        await using var announcing = await Talk.ServeAsync(Echo, options);
        await announcing.Peer.SendHexAsync("07 80 1a 87 01 81 04 82 72 6f 6f 74 00 00 02 82");   // a method's name of 32 KiB
        Assert.Contains("message of more than 16384 bytes", await announcing.Running, StringComparison.Ordinal);

        await using var hoarding = await Talk.ServeAsync(ScriptedObject.Of(open.Add), options);
        for (int i = 1; i <= 3; i++) await hoarding.Peer.CallAsync(i, ObjectId.Root, "m", new JellyValue.Bytes(new byte[6000]));
        Assert.Contains("wait for an answer hold", await hoarding.Running, StringComparison.Ordinal);

        await using var known = await Talk.ServeAsync(Echo, options);
        known.Connection.MaxMessageBytes = 1 << 20;
        await known.Peer.CallAsync(1, ObjectId.Root, "m", new JellyValue.Bytes(new byte[100_000]));
        await known.Peer.MessageAsync<PerspectiveMessage.Answer>();
    }

    [Fact]
    public async Task Calls_that_a_peer_piles_up_drop_the_connection()
    {
        var options = new PerspectiveOptions { MaxUnansweredCalls = 10 };
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(_ => { }), options);

        for (int i = 1; i <= 11; i++) await talk.Peer.CallAsync(i, ObjectId.Root, "m");

        Assert.Contains("more than 10 calls", await talk.Running, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_pile_up_at_a_silent_peer_are_lost_at_once_beyond_the_limit()
    {
        var options = new PerspectiveOptions { MaxPendingCalls = 10 };
        await using var talk = await Talk.ServeAsync(Echo, options);
        for (int i = 0; i < 10; i++) _ = talk.Connection.CallAsync(talk.Connection.Root, "m", []);

        var lost = Assert.IsType<CallResult.Lost>(await talk.Connection.CallAsync(talk.Connection.Root, "m", []));

        Assert.Contains("10 calls", lost.Reason, StringComparison.Ordinal);
        Assert.False(talk.Connection.Closed.IsCompleted);
    }

    private sealed class BrokenStream : MemoryStream
    {
        public bool Disposed { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("the cable was pulled");

        public override ValueTask DisposeAsync()
        {
            Disposed = true;
            return base.DisposeAsync();
        }
    }
}
