using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class PerspectiveUpdatesTests
{
    [Fact]
    public void Every_kind_of_entry_is_read_in_order()
    {
        ImmutableArray<UpdateEntry> entries = Read(
            ("stdout", "out\n"), ("log", new JellyValue.Tuple(["build.log", JellyValue.Bytes.Of("line\n")])), ("rc", 3L), ("elapsed", 1.5),
            ("files", new JellyValue.List(["a", new JellyValue.Bytes(new byte[] { 0xFF })])),
            ("stat", new JellyValue.Tuple([1L, new JellyValue.LargeInteger(new BigInteger(ulong.MaxValue))])),
            ("failure_reason", "timeout"), ("later", 7L));

        Assert.Equal(["Text", "Text", "ReturnCode", "Elapsed", "Files", "Stat", "FailureReason", "Unknown"], entries.Select(e => e.GetType().Name));
        Assert.Equal(("stdout", "", "out\n"), TextOf(entries[0]));
        Assert.Equal(("log", "build.log", "line\n"), TextOf(entries[1]));
        Assert.Equal(new UpdateEntry.ReturnCode(3), entries[2]);
        Assert.Equal(["a", "\uFFFD"], ((UpdateEntry.Files)entries[4]).Names);
        Assert.Equal([1, -1], ((UpdateEntry.Stat)entries[5]).Fields);
    }

    [Theory]
    [InlineData(4294967295, -1)]
    [InlineData(3221225786, -1073741510)]
    [InlineData(-1, -1)]
    public void Return_codes_of_Windows_are_taken_bit_for_bit(long sent, int code) =>
        Assert.Equal(new UpdateEntry.ReturnCode(code), Assert.Single(Read(("rc", sent))));

    [Fact]
    public void What_has_another_shape_is_refused_and_names_the_entry()
    {
        Assert.Equal("update takes a list", Problem(1L));
        Assert.Equal("an update is not a list of a dictionary and a number", Problem(new JellyValue.List([1L])));
        Assert.Equal("the value of \"rc\" in an update is not what belongs there", Problem(Update(("rc", "0"))));
        Assert.Equal("the value of \"rc\" in an update is not what belongs there", Problem(Update(("rc", 1L << 40))));
        Assert.Equal("the value of \"stdout\" in an update is not what belongs there", Problem(Update(("stdout", 1L))));
        Assert.Equal("the value of \"log\" in an update is not what belongs there", Problem(Update(("log", new JellyValue.Tuple(["l"])))));
    }

    [Fact]
    public void Text_that_stands_in_many_places_is_counted_in_each()
    {
        JellyValue text = new JellyValue.Text(new byte[640 * 1024]);
        var update = new JellyValue.List([.. Enumerable.Repeat((JellyValue)new JellyValue.List(
            [new JellyValue.Dictionary([new("stdout", text)]), 0L]), 30)]);

        Assert.Equal($"an update holds over {PerspectiveUpdates.MaxTextBytes} bytes of text", Problem(update));
    }

    private static ImmutableArray<UpdateEntry> Read(params (string Key, JellyValue Value)[] pairs)
    {
        Assert.True(PerspectiveUpdates.TryRead(Update(pairs), out ImmutableArray<UpdateEntry> entries, out string problem), problem);
        return entries;
    }

    private static string Problem(JellyValue argument)
    {
        Assert.False(PerspectiveUpdates.TryRead(argument, out ImmutableArray<UpdateEntry> entries, out string problem));
        Assert.Empty(entries);
        return problem;
    }

    private static JellyValue.List Update(params (string Key, JellyValue Value)[] pairs) => new([new JellyValue.List(
        [new JellyValue.Dictionary([.. pairs.Select(p => KeyValuePair.Create((JellyValue)p.Key, p.Value))]), 0L])]);

    private static (string, string, string) TextOf(UpdateEntry entry)
    {
        var text = (UpdateEntry.Text)entry;
        return (text.Stream, text.Log, Encoding.UTF8.GetString(text.Utf8.Span));
    }
}
