using System.Collections.Immutable;
using System.Numerics;
using Xunit;

namespace Quern.Protocols.Perspective.Codec;

public sealed class ValueTests
{
    [Theory]
    [InlineData("key")]
    [InlineData("")]
    [InlineData("schlüssel €😀")]
    public void A_text_is_known_as_text_and_as_bytes(string text)
    {
        Assert.True(JellyValue.Text.Of(text).IsText(text));
        Assert.True(JellyValue.Bytes.Of(text).IsText(text));
        Assert.False(JellyValue.Text.Of(text).IsText(text + "x"));
        Assert.False(JellyValue.Bytes.Of("x" + text).IsText(text));
        Assert.False(new JellyValue.Integer(0).IsText(text));
    }

    [Fact]
    public void A_long_text_is_compared_too() => Assert.True(JellyValue.Text.Of(new string('é', 4000)).IsText(new string('é', 4000)));

    [Fact]
    public void A_key_is_found_in_either_form_and_the_last_of_two_counts()
    {
        var dictionary = new JellyValue.Dictionary(
            [new("a", 1L), new(JellyValue.Bytes.Of("b"), 2L), new("a", 3L), new(5L, 6L)]);

        Assert.Equal((JellyValue)3L, dictionary["a"]);
        Assert.Equal((JellyValue)2L, dictionary["b"]);
        Assert.Null(dictionary["c"]);
    }

    [Fact]
    public void Failures_are_compared_by_what_they_say()
    {
        var one = CopiedFailure.Of("a.B", "text", "a.Base");

        Assert.Equal(one, CopiedFailure.Of("a.B", "text", "a.Base"));
        Assert.NotEqual(one, CopiedFailure.Of("a.B", "text"));
        Assert.NotEqual(one, one with { Traceback = "" });
        Assert.Equal(one.GetHashCode(), CopiedFailure.Of("a.B", "text", "a.Base").GetHashCode());
    }

    [Fact]
    public void A_sequence_of_nothing_is_empty() => Assert.Empty(new JellyValue.List(default(ImmutableArray<JellyValue>)).Items);

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(70)]
    [InlineData(111)]
    [InlineData(112)]
    [InlineData(440)]
    [InlineData(448)]
    public void A_large_integer_comes_back_around_every_edge_of_its_digits(int bits)
    {
        foreach (int sign in (int[])[1, -1])
        {
            for (int offset = -1; offset <= 1; offset++)
            {
                var number = sign * (BigInteger.Pow(2, bits) - 1 + Math.Min(offset, bits == 448 ? 0 : 1));
                JellyValue value = number >= long.MinValue && number <= long.MaxValue ? (long)number : new JellyValue.LargeInteger(number);
                Assert.Equal(value, Wire.Decode(Wire.Encode(value)).Value);
            }
        }
    }

    [Fact]
    [Trait("CWE", "407")]
    public void Large_integers_cost_no_garbage_to_speak_of()
    {
        byte[] digits = [.. Enumerable.Repeat((byte)0x7f, 64), 0x85];
        byte[] list = [0x00, 0x02, 0x80, 0x08, 0x87, .. Enumerable.Repeat(digits, 255).SelectMany(d => d)];
        Wire.Decode(list);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Wire.Decode(list);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 255 * 64, 255 * 256);
    }

    [Fact]
    public void A_moment_of_no_known_kind_is_not_sent() =>
        Assert.Throws<ArgumentException>(() => Wire.Encode(new JellyValue.Moment("list", "1 2")));
}
