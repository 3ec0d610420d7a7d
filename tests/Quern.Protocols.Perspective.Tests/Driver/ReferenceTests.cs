using Xunit;

namespace Quern.Protocols.Perspective.Driver;

public sealed class ReferenceTests
{
    private static readonly ILocalObject Echo = ScriptedObject.Echo();

    [Fact]
    public async Task An_object_keeps_its_id_while_it_is_held_and_gets_another_afterwards()
    {
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(GiveEcho));

        Assert.Equal(1, await AskAsync(1));
        Assert.Equal(1, await AskAsync(2));
        await talk.Peer.SendAsync(new PerspectiveMessage.Release(1));
        await talk.Peer.CallAsync(3, 1, "echo");   // one of two is left
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
        await talk.Peer.SendAsync(new PerspectiveMessage.Release(1));
        await talk.Peer.CallAsync(4, 1, "echo");
        Assert.Equal("Invalid Object ID", (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Message);
        Assert.Equal(0, talk.Connection.LiveExports);
        Assert.Equal(2, await AskAsync(5));

        static void GiveEcho(IncomingCall call) => call.Answer(new JellyValue.Remote(call.Connection.Export(Echo)));

        async Task<long> AskAsync(long request)
        {
            await talk.Peer.CallAsync(request, ObjectId.Root, "give");
            return Assert.IsType<JellyValue.Remote>((await talk.Peer.MessageAsync<PerspectiveMessage.Answer>()).Value).Id;
        }
    }

    /// <summary>The peer lets go of what it has just when the object is about to be sent again: the id must not be a dead one.</summary>
    [Fact]
    public async Task A_release_that_crosses_a_sending_leaves_the_object_callable()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        long id = talk.Connection.Export(Echo);
        _ = talk.Connection.CallAsync(talk.Connection.Root, "take", [new JellyValue.Remote(id)]);
        await talk.Peer.MessageAsync();

        Assert.Equal(id, talk.Connection.Export(Echo));
        await talk.Peer.SendAsync(new PerspectiveMessage.Release(id));
        await talk.Peer.CallAsync(1, ObjectId.Root, "sync");
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
        _ = talk.Connection.CallAsync(talk.Connection.Root, "take", [new JellyValue.Remote(id)]);
        await talk.Peer.MessageAsync();
        await talk.Peer.CallAsync(2, id, "echo", 1L);

        Assert.Equal(new PerspectiveMessage.Answer(2, new JellyValue.List([1L])), await talk.Peer.MessageAsync());
    }

    [Fact]
    public async Task A_message_that_could_not_be_sent_counts_no_reference()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        long id = talk.Connection.Export(Echo);
        var tooLong = new JellyValue.Bytes(new byte[BananaLimits.MaxStringBytes + 1]);
        await Assert.ThrowsAsync<ArgumentException>(
            () => talk.Connection.CallAsync(talk.Connection.Root, "take", [new JellyValue.Remote(id), tooLong]));
        _ = talk.Connection.CallAsync(talk.Connection.Root, "take", [new JellyValue.Remote(id)]);
        await talk.Peer.MessageAsync();

        await talk.Peer.SendAsync(new PerspectiveMessage.Release(id));
        await talk.Peer.CallAsync(1, ObjectId.Root, "sync");
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();

        Assert.Equal(0, talk.Connection.LiveExports);
    }

    [Fact]
    public async Task A_withdrawn_object_is_gone_for_the_peer_and_its_late_releases_are_fine()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        long id = talk.Connection.Export(Echo);
        _ = talk.Connection.CallAsync(talk.Connection.Root, "take", [new JellyValue.Remote(id)]);
        await talk.Peer.MessageAsync();

        talk.Connection.Withdraw(id);
        await talk.Peer.CallAsync(1, id, "echo");
        var error = await talk.Peer.MessageAsync<PerspectiveMessage.Error>();
        await talk.Peer.SendAsync(new PerspectiveMessage.Release(id));
        await talk.Peer.CallAsync(2, ObjectId.Root, "echo");

        Assert.Equal("Invalid Object ID", error.Failure.Message);
        Assert.Equal(2, (await talk.Peer.MessageAsync<PerspectiveMessage.Answer>()).RequestId);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task A_release_of_what_was_never_given_drops_the_connection(long id)
    {
        await using var talk = await Talk.ServeAsync(Echo);

        await talk.Peer.SendAsync(new PerspectiveMessage.Release(id));

        Assert.Contains("never given", await talk.Running, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_of_an_object_that_was_not_sent_yet_drops_the_connection()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        long id = talk.Connection.Export(Echo);

        await talk.Peer.SendAsync(new PerspectiveMessage.Release(id));

        Assert.Contains($"object {id}", await talk.Running, StringComparison.Ordinal);
    }

    [Fact]
    public async Task References_in_a_call_are_released_with_its_answer_unless_they_were_taken()
    {
        RemoteReference? taken = null;
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call =>
        {
            taken = call.Connection.Take(Assert.IsType<JellyValue.Remote>(call.Arguments[0]));
            call.Answer(JellyValue.None.Value);
        }));

        await talk.Peer.CallAsync(1, ObjectId.Root, "m", new JellyValue.Remote(5), new JellyValue.Remote(6));

        Assert.Equal(new PerspectiveMessage.Release(6), await talk.Peer.MessageAsync());
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
        Assert.Equal(1, talk.Connection.HeldCount);
        talk.Connection.Release(taken!);
        talk.Connection.Release(taken!);
        Assert.Equal(new PerspectiveMessage.Release(5), await talk.Peer.MessageAsync());
        Assert.Equal(0, talk.Connection.HeldCount);
    }

    [Fact]
    public async Task References_in_refused_arguments_are_released()
    {
        await using var talk = await Talk.ServeAsync(Echo);

        // (tuple (remote 5) (os.system 1))
        await talk.Peer.SendHexAsync("07 80 1a 87 01 81 04 82 72 6f 6f 74 01 82 6d 01 81 03 80 0b 87 02 80 10 87 05 81 02 80 09 82 6f 73 2e 73 79 73 74 65 6d 01 81 01 80 05 87");

        Assert.Equal(new PerspectiveMessage.Release(5), await talk.Peer.MessageAsync());
        await talk.Peer.MessageAsync<PerspectiveMessage.Error>();
        Assert.Equal(0, talk.Connection.HeldCount);
    }

    [Fact]
    public async Task A_release_follows_the_calls_of_the_reference()
    {
        await using var talk = Talk.Connect();
        await talk.Peer.OfferAsync("pb");
        var giving = talk.Connection.CallAsync(talk.Connection.Root, "give", []);
        await talk.Peer.MessageAsync();
        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(1, new JellyValue.Remote(9)));
        var reference = talk.Connection.Take(Assert.IsType<JellyValue.Remote>(Assert.IsType<CallResult.Answered>(await giving).Value));

        for (int i = 0; i < 5; i++) _ = talk.Connection.CallAsync(reference!, "m", []);
        talk.Connection.Release(reference!);

        for (int i = 0; i < 5; i++) Assert.Equal((ObjectId)9, (await talk.Peer.MessageAsync<PerspectiveMessage.Call>()).Target);
        Assert.Equal(new PerspectiveMessage.Release(9), await talk.Peer.MessageAsync());
    }

    [Fact]
    public async Task A_flood_of_references_drops_the_connection()
    {
        var options = new PerspectiveOptions { MaxHeldReferences = 100 };
        await using var talk = await Talk.ServeAsync(Echo, options);

        await talk.Peer.CallAsync(1, ObjectId.Root, "m", new JellyValue.Tuple([.. Enumerable.Range(1, 101).Select(i => new JellyValue.Remote(i))]));

        Assert.Contains("more than 100 references", await talk.Running, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_export_beyond_1025_is_refused_and_the_fourth_time_ends_the_connection()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        for (int i = 0; i < 1025; i++) talk.Connection.Export(ScriptedObject.Echo());

        for (int i = 0; i < 3; i++) Assert.Throws<InvalidOperationException>(() => talk.Connection.Export(ScriptedObject.Echo()));
        Assert.False(talk.Connection.Closed.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => talk.Connection.Export(ScriptedObject.Echo()));

        Assert.Contains("1025 objects", await talk.Running, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reference_of_another_connection_is_a_bug()
    {
        await using var one = await Talk.ServeAsync(Echo);
        await using var other = await Talk.ServeAsync(Echo);

        await Assert.ThrowsAsync<ArgumentException>(() => one.Connection.CallAsync(other.Connection.Root, "m", []));
    }
}
