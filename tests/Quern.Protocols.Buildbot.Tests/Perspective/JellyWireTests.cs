using System.Collections.Immutable;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class JellyWireTests
{
    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        WireValue value = new WireValue.Map(
        [
            new("nothing", WireValue.Nil.Value), new("yes", true), new("number", -5L), new("real", 1.5), new("text", "gr\u00FCn"),
            new("bytes", new WireValue.Binary(new byte[] { 0xFF, 0x00 })), new("list", new WireValue.List(["a", 2L, WireValue.Map.Empty])),
        ]);

        Assert.True(JellyWire.TryRead(JellyWire.Write(value), out WireValue? back, out string problem), problem);
        Assert.Equal(value, back);
    }

    [Fact]
    public void Bare_strings_of_old_peers_are_text_when_they_can_be()
    {
        JellyValue old = new JellyValue.Dictionary(
        [
            new(JellyValue.Bytes.Of("name"), new JellyValue.Tuple([JellyValue.Bytes.Of("gr\u00FCn"), new JellyValue.Bytes(new byte[] { 0xFF })])),
        ]);

        Assert.True(JellyWire.TryRead(old, out WireValue? value, out _));
        Assert.Equal(
            new WireValue.Map([new("name", new WireValue.List(["gr\u00FCn", new WireValue.Binary(new byte[] { 0xFF })]))]), value);
    }

    [Fact]
    public void References_failures_and_keys_that_are_no_text_are_refused_with_the_reason()
    {
        Assert.False(JellyWire.TryRead(new JellyValue.Remote(3), out _, out string remote));
        Assert.False(JellyWire.TryRead(new JellyValue.List([new JellyValue.Failure(CopiedFailure.InvalidObjectId())]), out _, out string failure));
        Assert.False(JellyWire.TryRead(new JellyValue.Dictionary([new(1L, 2L)]), out _, out string key));

        Assert.Equal(
            ("a Remote has no place here", "a Failure has no place here", "a dictionary has a key that is no text"), (remote, failure, key));
    }

    [Fact]
    public void A_part_that_stands_in_many_places_is_counted_in_each()
    {
        // Eight levels of ten times the same: a hundred values here, a hundred million as a tree.
        JellyValue part = "x";
        for (int level = 0; level < 8; level++) part = new JellyValue.List([.. Enumerable.Repeat(part, 10)]);

        Assert.False(JellyWire.TryRead(part, out _, out string problem));
        Assert.Equal($"the term has over {JellyWire.MaxValues} values", problem);
    }

    [Fact]
    public void Nesting_has_an_end()
    {
        JellyValue deep = "x";
        for (int level = 0; level <= JellyWire.MaxDepth; level++) deep = new JellyValue.List([deep]);

        Assert.False(JellyWire.TryRead(deep, out _, out string problem));
        Assert.Equal($"the term is nested over {JellyWire.MaxDepth} deep", problem);
    }
}
