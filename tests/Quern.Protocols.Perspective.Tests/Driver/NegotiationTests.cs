using Xunit;

namespace Quern.Protocols.Perspective.Driver;

public sealed class NegotiationTests
{
    private static readonly ILocalObject Root = ScriptedObject.Echo();

    [Theory]
    [InlineData("pb")]
    [InlineData("none")]
    public async Task A_server_speaks_the_dialect_that_the_client_chose(string dialect)
    {
        await using var talk = Talk.Listen(Root);
        await talk.Peer.NegotiateAsync(dialect);

        await talk.Peer.CallAsync(1, ObjectId.Root, "echo", JellyValue.Bytes.Of("list"));

        Assert.Equal(
            new PerspectiveMessage.Answer(1, new JellyValue.List([JellyValue.Bytes.Of("list")])), await talk.Peer.MessageAsync());
    }

    [Fact]
    public async Task A_client_takes_the_first_known_dialect_of_the_offer()
    {
        await using var talk = Talk.Connect();

        await talk.Peer.OfferAsync("telepathy", "pb", "none");
        var answer = talk.Connection.CallAsync(talk.Connection.Root, "hello", []);

        Assert.Equal("hello", (await talk.Peer.MessageAsync<PerspectiveMessage.Call>()).Method);
        await talk.Peer.SendAsync(new PerspectiveMessage.Answer(1, 7L));
        Assert.Equal(new CallResult.Answered(7L), await answer);
    }

    [Fact]
    public async Task Calls_made_before_the_dialect_is_fixed_go_out_in_their_order()
    {
        await using var talk = Talk.Connect();
        for (int i = 0; i < 20; i++) _ = talk.Connection.CallAsync(talk.Connection.Root, $"m{i}", []);

        await talk.Peer.OfferAsync("pb");

        for (int i = 0; i < 20; i++)
        {
            var call = await talk.Peer.MessageAsync<PerspectiveMessage.Call>();
            Assert.Equal(($"m{i}", i + 1L), (call.Method, call.RequestId));
        }
    }

    [Theory]
    [InlineData("02 82 78 79", "'xy', which was not offered")]           // "xy"
    [InlineData("01 80 02 82 70 62", "begin with the name of a dialect")]   // ("pb")
    [InlineData("02 80 13 87 06 81", "vocabulary")]                       // (~version 6)
    public async Task A_client_that_chooses_wrongly_is_dropped(string hex, string why)
    {
        await using var talk = Talk.Listen(Root);

        await talk.Peer.SendHexAsync(hex);

        Assert.Contains(why, await talk.Running, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("01 80 02 82 78 79", "no known dialect")]       // ("xy")
    [InlineData("02 82 70 62", "list of dialects")]             // "pb"
    [InlineData("48 54 54 50 82", "string of")]                 // "HTTP" as a length: far beyond the limit
    public async Task A_server_that_offers_nothing_known_is_dropped(string hex, string why)
    {
        await using var talk = Talk.Connect();
        var call = talk.Connection.CallAsync(talk.Connection.Root, "hello", []);

        await talk.Peer.SendHexAsync(hex);

        Assert.Contains(why, await talk.Running, StringComparison.Ordinal);
        Assert.IsType<CallResult.Lost>(await call);
    }

    [Theory]
    [InlineData("02 80 13 87 05 81", "version 5")]
    [InlineData("02 80 13 87 07 81", "version 7")]
    public async Task Another_version_is_dropped_also_when_it_comes_late(string hex, string why)
    {
        await using var talk = await Talk.ServeAsync(Root);

        await talk.Peer.SendHexAsync(hex);

        Assert.Contains(why, await talk.Running, StringComparison.Ordinal);
    }
}
