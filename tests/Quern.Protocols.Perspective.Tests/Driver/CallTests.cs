using System.Text;
using Xunit;

namespace Quern.Protocols.Perspective.Driver;

public sealed class CallTests
{
    [Fact]
    public async Task Answers_may_come_in_any_order()
    {
        var open = new List<IncomingCall>();
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call =>
        {
            open.Add(call);
            if (open.Count < 3) return;
            for (int i = 2; i >= 0; i--) open[i].Answer(open[i].RequestId);
        }));

        for (int i = 1; i <= 3; i++) await talk.Peer.CallAsync(i, ObjectId.Root, "m");

        for (int i = 3; i >= 1; i--) Assert.Equal(new PerspectiveMessage.Answer(i, (long)i), await talk.Peer.MessageAsync());
    }

    [Fact]
    public async Task A_call_that_wants_no_answer_gets_none()
    {
        await using var talk = await Talk.ServeAsync(ScriptedObject.Echo());

        await talk.Peer.SendAsync(new PerspectiveMessage.Call(1, ObjectId.Root, "quiet", WantsAnswer: false, [], []));
        await talk.Peer.CallAsync(2, ObjectId.Root, "loud");

        Assert.Equal(2, (await talk.Peer.MessageAsync<PerspectiveMessage.Answer>()).RequestId);
    }

    [Fact]
    public async Task A_call_is_answered_once_and_the_second_answer_is_a_bug()
    {
        var twice = new TaskCompletionSource<InvalidOperationException>();
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call =>
        {
            call.Answer(1L);
            twice.SetResult(Assert.Throws<InvalidOperationException>(() => call.Fail(CopiedFailure.InvalidObjectId())));
        }));

        await talk.Peer.CallAsync(1, ObjectId.Root, "m");

        Assert.Contains("answered before", (await twice.Task).Message, StringComparison.Ordinal);
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
    }

    [Fact]
    public async Task An_object_that_throws_costs_the_call_and_tells_the_peer_nothing_it_should_not_know()
    {
        var faults = new List<Exception>();
        var options = new PerspectiveOptions { Fault = faults.Add };
        await using var talk = await Talk.ServeAsync(
            ScriptedObject.Of(_ => throw new InvalidOperationException("the password is swordfish")), options);

        await talk.Peer.CallAsync(1, ObjectId.Root, "m");
        var error = await talk.Peer.MessageAsync<PerspectiveMessage.Error>();
        await talk.Peer.CallAsync(2, ObjectId.Root, "m");

        Assert.Equal("builtins.RuntimeError", error.Failure.Type);
        Assert.DoesNotContain("swordfish", error.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).RequestId);
        Assert.All(faults, fault => Assert.Contains("swordfish", fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_object_that_throws_after_it_answered_costs_nothing_but_is_told_of()
    {
        var faults = new List<Exception>();
        var options = new PerspectiveOptions { Fault = faults.Add };
        await using var talk = await Talk.ServeAsync(
            ScriptedObject.Of(call =>
            {
                call.Answer(call.RequestId);
                throw new InvalidOperationException("afterwards");
            }),
            options);

        await talk.Peer.CallAsync(1, ObjectId.Root, "m");
        await talk.Peer.CallAsync(2, ObjectId.Root, "m");

        Assert.Equal(new PerspectiveMessage.Answer(1, 1L), await talk.Peer.MessageAsync());
        Assert.Equal(new PerspectiveMessage.Answer(2, 2L), await talk.Peer.MessageAsync());
        Assert.NotEmpty(faults);
    }

    [Theory]
    [InlineData(77)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_call_of_an_object_never_given_fails(long id)
    {
        var strays = new List<string>();
        await using var talk = await Talk.ServeAsync(ScriptedObject.Echo(), new PerspectiveOptions { Stray = strays.Add });

        await talk.Peer.CallAsync(1, id, "m");

        var failure = (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure;
        Assert.Equal(("twisted.spread.pb.Error", "Invalid Object ID"), (failure.Type, failure.Message));
        Assert.Equal([$"called 'm' on the object {id}, which it does not hold"], strays);
    }

    [Fact]
    public async Task A_name_that_is_not_published_and_a_client_without_a_root_fail_the_call()
    {
        await using var server = await Talk.ServeAsync(ScriptedObject.Echo());
        await server.Peer.CallAsync(1, new ObjectId(0, "cellar"), "m");
        Assert.Equal("Invalid Object ID", (await server.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Message);

        await using var client = Talk.Connect();
        await client.Peer.OfferAsync("pb");
        await client.Peer.CallAsync(1, ObjectId.Root, "m");
        Assert.Equal("Invalid Object ID", (await client.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Message);
    }

    [Fact]
    public async Task Arguments_that_are_not_allowed_fail_the_call_and_nothing_else()
    {
        await using var talk = await Talk.ServeAsync(ScriptedObject.Echo());

        // A call with (tuple (os.system ...)) as its arguments.
        await talk.Peer.SendHexAsync("07 80 1a 87 01 81 04 82 72 6f 6f 74 01 82 6d 01 81 02 80 0b 87 02 80 09 82 6f 73 2e 73 79 73 74 65 6d 01 81 01 80 05 87");
        var failure = (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure;
        await talk.Peer.CallAsync(2, ObjectId.Root, "echo", 5L);

        Assert.Equal("twisted.spread.jelly.InsecureJelly", failure.Type);
        Assert.Contains("os.system", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new PerspectiveMessage.Answer(2, new JellyValue.List([5L])), await talk.Peer.MessageAsync());
    }

    [Fact]
    public async Task A_value_that_cannot_be_sent_is_the_callers_bug_and_leaves_the_connection_whole()
    {
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call => call.Answer(new JellyValue.Bytes(new byte[BananaLimits.MaxStringBytes + 1]))));
        var tooLong = new JellyValue.Bytes(new byte[BananaLimits.MaxStringBytes + 1]);

        await Assert.ThrowsAsync<ArgumentException>(() => talk.Connection.CallAsync(talk.Connection.Root, "m", ["before", tooLong]));
        var answer = talk.Connection.CallAsync(talk.Connection.Root, "m", [1L]);
        await talk.Peer.CallAsync(1, ObjectId.Root, "m");

        Assert.Equal(1, (await talk.Peer.MessageAsync<PerspectiveMessage.Call>()).RequestId);
        Assert.Equal("twisted.spread.banana.BananaError", (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Type);
        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(1, 2L));
        Assert.Equal(new CallResult.Answered(2L), await answer);
    }

    [Fact]
    public async Task An_answer_outlives_the_buffer_it_came_in()
    {
        await using var talk = await Talk.ServeAsync(ScriptedObject.Echo());
        var first = talk.Connection.CallAsync(talk.Connection.Root, "m", []);
        await talk.Peer.MessageAsync();
        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(1, new JellyValue.List([new JellyValue.Bytes(new byte[50_000]), "kept"])));
        var kept = Assert.IsType<CallResult.Answered>(await first).Value;

        for (int i = 2; i < 20; i++)
        {
            var next = talk.Connection.CallAsync(talk.Connection.Root, "m", []);
            await talk.Peer.MessageAsync();
            await talk.Peer.SendAsync(new PerspectiveMessage.Answer(i, new JellyValue.Bytes(Enumerable.Repeat((byte)0xff, 50_010).ToArray())));
            await next;
        }

        Assert.Equal(new JellyValue.List([new JellyValue.Bytes(new byte[50_000]), "kept"]), kept);
    }

    [Fact]
    public async Task A_long_string_comes_through_in_small_pieces()
    {
        string text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i:d9} "));
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call => call.Answer(call.Arguments[0].TryGetText(out string? heard) && heard == text)));
        byte[] bytes = Codec.Wire.Encode(new PerspectiveMessage.Call(1, ObjectId.Root, "m", true, [text], []));

        for (int at = 0; at < bytes.Length; at += 4096) await talk.Peer.SendAsync(bytes.AsMemory(at, Math.Min(4096, bytes.Length - at)));

        Assert.Equal(new PerspectiveMessage.Answer(1, true), await talk.Peer.MessageAsync());
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 600_000, BananaLimits.MaxStringBytes);
    }

    /// <summary>What one object holds up is not read, so the peer's writes come to a stand; then all goes on in order.</summary>
    [Fact]
    public async Task An_object_that_takes_its_time_holds_the_peer_up()
    {
        var gate = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        var order = new List<long>();
        await using var talk = await Talk.ServeAsync(new ScriptedObject(async call =>
        {
            entered.TrySetResult();
            await gate.Task;
            order.Add(call.RequestId);
            call.Answer(JellyValue.None.Value);
        }));
        var block = new JellyValue.Bytes(new byte[100_000]);

        var sending = Task.Run(async () =>
        {
            for (int i = 1; i <= 20; i++) await talk.Peer.CallAsync(i, ObjectId.Root, "m", block);
        }, TestContext.Current.CancellationToken);
        await entered.Task;
        Assert.Empty(order);
        // Twenty blocks are far more than the stream in memory takes: the peer cannot have sent them all.
        Assert.False(sending.IsCompleted);
        gate.SetResult();
        await sending;
        for (int i = 1; i <= 20; i++) Assert.Equal(i, (await talk.Peer.MessageAsync<PerspectiveMessage.Answer>()).RequestId);

        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), order);
    }
}
