using Xunit;

namespace Quern.Protocols.Perspective.Driver;

/// <summary>References that nobody keeps, and objects that the peer lets go of.</summary>
public sealed class LettingGoTests
{
    private static readonly ScriptedObject Echo = ScriptedObject.Echo();

    [Fact]
    [Trait("CWE", "401")]
    public async Task An_object_that_the_peer_sends_for_ever_is_held_once()
    {
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call =>
        {
            if (call.Method == "keep") Assert.NotNull(call.Connection.Take((JellyValue.Remote)call.Arguments[0]));
            call.Answer(JellyValue.None.Value);
        }));
        await talk.Peer.CallAsync(1, ObjectId.Root, "keep", new JellyValue.Remote(5));
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();

        for (int i = 2; i < 5; i++)
        {
            await talk.Peer.CallAsync(i, ObjectId.Root, "look", new JellyValue.Remote(5));
            Assert.Equal(new PerspectiveMessage.Release(5), await talk.Peer.MessageAsync());
            await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
        }

        Assert.Equal(1, talk.Connection.HeldCount);
    }

    [Fact]
    public async Task References_in_an_answer_are_the_callers_to_take_or_to_discard()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        var calling = talk.Connection.CallAsync(talk.Connection.Root, "m", []);
        await talk.Peer.MessageAsync();
        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(1, new JellyValue.List(
            [new JellyValue.Remote(5), new JellyValue.Dictionary([KeyValuePair.Create<JellyValue, JellyValue>("k", new JellyValue.Remote(6))])])));
        var answer = Assert.IsType<CallResult.Answered>(await calling).Value;
        Assert.Equal(2, talk.Connection.HeldCount);

        var taken = talk.Connection.Take(new JellyValue.Remote(5));
        talk.Connection.Discard(answer);
        talk.Connection.Discard(answer);

        Assert.NotNull(taken);
        Assert.Equal(new PerspectiveMessage.Release(6), await talk.Peer.MessageAsync());
        Assert.Equal(1, talk.Connection.HeldCount);
        Assert.Null(talk.Connection.Take(new JellyValue.Remote(6)));
    }

    [Fact]
    public async Task References_in_an_error_are_released_at_once()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        var calling = talk.Connection.CallAsync(talk.Connection.Root, "m", []);
        await talk.Peer.MessageAsync();

        // (error 1 (remote 9))
        await talk.Peer.SendHexAsync("03 80 1c 87 01 81 02 80 10 87 09 81");

        Assert.IsType<CallResult.Failed>(await calling);
        Assert.Equal(new PerspectiveMessage.Release(9), await talk.Peer.MessageAsync());
        Assert.Equal(0, talk.Connection.HeldCount);
    }

    [Fact]
    public async Task References_in_an_answer_that_is_refused_are_released_at_once()
    {
        await using var talk = await Talk.ServeAsync(Echo);
        var calling = talk.Connection.CallAsync(talk.Connection.Root, "m", []);
        await talk.Peer.MessageAsync();

        // (answer 1 (list (remote 9) ("class" "x")))
        await talk.Peer.SendHexAsync("03 80 1b 87 01 81 03 80 08 87 02 80 10 87 09 81 02 80 02 87 01 82 78");

        Assert.Equal("twisted.spread.jelly.InsecureJelly", Assert.IsType<CallResult.Failed>(await calling).Failure.Type);
        Assert.Equal(new PerspectiveMessage.Release(9), await talk.Peer.MessageAsync());
    }

    [Fact]
    public async Task An_object_is_told_when_the_peer_has_let_go_of_it_for_good()
    {
        var target = new Noted();
        await using var talk = await Talk.ServeAsync(Echo);
        long id = talk.Connection.Export(target);
        talk.Connection.Tell(talk.Connection.Root, "take", [new JellyValue.Remote(id), new JellyValue.Remote(id)]);
        await talk.Peer.MessageAsync();

        await talk.Peer.SendAsync(new PerspectiveMessage.Release(id));
        await talk.Peer.CallAsync(1, ObjectId.Root, "sync");
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
        Assert.Equal(0, target.Times);

        await talk.Peer.SendAsync(new PerspectiveMessage.Release(id));
        await talk.Peer.CallAsync(2, ObjectId.Root, "sync");
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
        Assert.Equal(1, target.Times);
    }

    [Fact]
    public async Task An_object_that_throws_when_it_is_let_go_of_costs_nobody_anything_but_is_told_of()
    {
        var faults = new List<Exception>();
        await using var talk = await Talk.ServeAsync(Echo, new PerspectiveOptions { Fault = faults.Add });
        long id = talk.Connection.Export(new Noted { Fault = new InvalidOperationException("no") });
        talk.Connection.Tell(talk.Connection.Root, "take", [new JellyValue.Remote(id)]);
        await talk.Peer.MessageAsync();

        await talk.Peer.SendAsync(new PerspectiveMessage.Release(id));
        await talk.Peer.CallAsync(1, ObjectId.Root, "sync");

        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();
        Assert.Equal("no", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task At_the_end_no_table_holds_an_object_any_more()
    {
        var target = new Noted();
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call => call.Connection.Take((JellyValue.Remote)call.Arguments[0])));
        talk.Connection.Tell(talk.Connection.Root, "take", [new JellyValue.Remote(talk.Connection.Export(target))]);
        await talk.Peer.MessageAsync();
        await talk.Peer.CallAsync(1, ObjectId.Root, "keep", new JellyValue.Remote(5));

        await talk.Peer.DisposeAsync();
        await talk.Running;

        Assert.Equal((0, 0, 0), (talk.Connection.LiveExports, talk.Connection.HeldCount, target.Times));
    }

    [Fact]
    public async Task An_object_handed_back_is_found_and_a_strangers_is_not()
    {
        ILocalObject? found = null, stranger = null;
        var target = new Noted();
        await using var talk = await Talk.ServeAsync(ScriptedObject.Of(call =>
        {
            found = call.Connection.Find((JellyValue.Local)call.Arguments[0]);
            stranger = call.Connection.Find((JellyValue.Local)call.Arguments[1]);
            call.Answer(JellyValue.None.Value);
        }));
        long id = talk.Connection.Export(target);

        await talk.Peer.CallAsync(1, ObjectId.Root, "back", new JellyValue.Local(id), new JellyValue.Local(id + 1));
        await talk.Peer.MessageAsync<PerspectiveMessage.Answer>();

        Assert.Same(target, found);
        Assert.Null(stranger);
    }

    [Fact]
    public async Task A_peers_reference_sent_as_ours_fails_the_call_instead_of_confusing_the_peer()
    {
        await using var talk = await Talk.ServeAsync(Echo);

        await talk.Peer.CallAsync(1, ObjectId.Root, "echo", new JellyValue.Remote(7));

        Assert.Equal(new PerspectiveMessage.Release(7), await talk.Peer.MessageAsync());
        Assert.Contains("goes back as Local", (await talk.Peer.MessageAsync<PerspectiveMessage.Error>()).Failure.Message, StringComparison.Ordinal);
    }

    private sealed class Noted : ILocalObject
    {
        public int Times { get; private set; }

        public Exception? Fault { get; init; }

        public ValueTask CallAsync(IncomingCall call) => throw new NotSupportedException();

        public void Released()
        {
            Times++;
            if (Fault is not null) throw Fault;
        }
    }
}
