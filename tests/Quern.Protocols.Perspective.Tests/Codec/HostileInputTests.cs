using Xunit;

namespace Quern.Protocols.Perspective.Codec;

/// <summary>What a peer may not do to a decoder: each limit, values out of a few bytes, and forms that are not allowed.</summary>
public sealed class HostileInputTests
{
    [Theory]
    [InlineData("01 00 28 82", "a string of 655361 bytes")]
    [InlineData("01 00 28 80", "a list of 655361 elements")]
    [InlineData("7f 7f 7f 7f 7f 7f 7f 7f 7f 7f 7f 82", "a string of")]
    [InlineData("88", "element type 0x88")]
    [InlineData("ff", "element type 0xff")]
    [InlineData("00 87", "vocabulary number 0")]
    [InlineData("20 87", "vocabulary number 32")]
    public void A_header_beyond_the_limits_is_refused_before_its_body(string hex, string why)
    {
        var framer = new BananaFramer();

        var status = framer.Scan(Wire.Hex(hex), vocabulary: true, out _);

        Assert.True(status is DecodeStatus.TooLarge or DecodeStatus.Malformed);
        Assert.Contains(why, framer.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00 00 28 82")]
    [InlineData("00 00 28 80")]
    public void A_header_at_the_limit_is_taken(string hex) =>
        Assert.Equal(DecodeStatus.NeedMore, new BananaFramer().Scan(Wire.Hex(hex), vocabulary: true, out _));

    [Fact]
    public void A_prefix_of_64_bytes_is_taken_and_one_of_65_is_not_even_without_a_type()
    {
        byte[] zeros = new byte[65];

        Assert.Equal(DecodeStatus.Success, new BananaFramer().Scan([.. zeros[..64], 0x81], vocabulary: true, out _));
        Assert.Equal(DecodeStatus.NeedMore, new BananaFramer().Scan(zeros.AsSpan(0, 64), vocabulary: true, out _));
        Assert.Equal(DecodeStatus.TooLarge, new BananaFramer().Scan(zeros, vocabulary: true, out _));
    }

    [Fact]
    public void Vocabulary_before_the_dialect_allows_it_is_refused()
    {
        var framer = new BananaFramer();

        Assert.Equal(DecodeStatus.Malformed, framer.Scan(Wire.Hex("02 80 13 87 06 81"), vocabulary: false, out _));
        Assert.Contains("without vocabulary", framer.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(128, DecodeStatus.Success)]
    [InlineData(129, DecodeStatus.TooLarge)]
    public void Lists_nest_to_the_limit_and_no_deeper(int depth, DecodeStatus expected)
    {
        byte[] bytes = [.. Enumerable.Repeat((byte[])[0x01, 0x80], depth).SelectMany(b => b), 0x00, 0x81];

        Assert.Equal(expected, new BananaFramer().Scan(bytes, vocabulary: true, out _));
    }

    [Fact]
    public void A_value_deeper_than_a_peer_takes_is_not_sent()
    {
        JellyValue value = 1L;
        for (int i = 0; i < 200; i++) value = new JellyValue.List([value]);

        Assert.Throws<ArgumentException>(() => Wire.Encode(value));
    }

    [Fact]
    public void Strings_and_lists_beyond_the_protocols_limit_are_not_sent()
    {
        byte[] longest = new byte[BananaLimits.MaxStringBytes];

        Assert.Equal(longest.Length + 4, Wire.Encode(new JellyValue.Bytes(longest)).Length);
        Assert.Throws<ArgumentException>(() => Wire.Encode(new JellyValue.Bytes(new byte[longest.Length + 1])));
        Assert.Throws<ArgumentException>(() => Wire.Encode(new JellyValue.List([.. Enumerable.Repeat((JellyValue)1L, BananaLimits.MaxListItems)])));
    }

    /// <summary>Each level holds the one below twice: 2^60 values out of some hundred bytes, for whoever walks them.</summary>
    [Fact]
    public void A_bomb_of_references_is_refused_without_being_built()
    {
        byte[] bomb = Wire.Hex("01 80 08 87");
        for (byte level = 1; level <= 60; level++)
            bomb = [.. Wire.Hex("03 80 08 87 03 80 04 87"), level, 0x81, .. bomb, .. Wire.Hex("02 80 03 87"), level, 0x81];
        long before = GC.GetAllocatedBytesForCurrentThread();

        var (value, refusal) = Wire.Decode(bomb, allowance: 64 * 1024);

        Assert.Null(value);
        Assert.Contains("more than a message may hold", refusal, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 128 * 1024);
    }

    [Fact]
    public void Values_out_of_single_bytes_are_bounded_by_the_allowance()
    {
        // A list of 100,000 integers, each of one byte.
        byte[] bytes = [.. Wire.Hex("21 0d 06 80 08 87"), .. Enumerable.Repeat((byte)0x81, 100_000)];

        Assert.Null(Wire.Decode(bytes, allowance: 1024 * 1024).Value);
        Assert.Equal(100_000, Assert.IsType<JellyValue.List>(Wire.Decode(bytes).Value).Items.Length);
    }

    [Theory]
    [InlineData("00 80", "an empty list")]
    [InlineData("01 80 01 81", "must begin with a tag")]
    [InlineData("02 80 06 87 01 82 66", "'function' is not allowed")]
    [InlineData("02 80 02 87 01 82 66", "'class' is not allowed")]
    [InlineData("02 80 09 87 01 82 66", "'module' is not allowed")]
    [InlineData("03 80 07 87 01 81 01 81", "'instance' is not allowed")]
    [InlineData("02 80 09 82 6f 73 2e 73 79 73 74 65 6d 01 81", "'os.system' is not allowed")]
    [InlineData("02 80 07 82 75 6e 69 63 6f 64 65 01 81", "'unicode' has the wrong shape")]
    [InlineData("02 80 07 82 75 6e 69 63 6f 64 65 01 82 ff", "not UTF-8")]
    [InlineData("02 80 07 82 62 6f 6f 6c 65 61 6e 01 82 78", "'boolean' has the wrong shape")]
    [InlineData("02 80 05 87 01 81", "a dictionary's entry")]
    [InlineData("02 80 10 87 01 82 78", "'remote' has the wrong shape")]
    [InlineData("02 80 03 87 09 81", "reference 9 is not known")]
    [InlineData("03 80 08 87 03 80 04 87 01 81 01 80 08 87 03 80 04 87 01 81 01 80 08 87", "reference 1 is given twice")]
    [InlineData("02 80 08 82 64 61 74 65 74 69 6d 65 03 82 61 62 63", "'datetime' has the wrong shape")]
    public void A_form_that_is_not_allowed_is_refused(string hex, string why)
    {
        var (value, refusal) = Wire.Decode(Wire.Hex(hex));

        Assert.Null(value);
        Assert.Contains(why, refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("01 81")]                                              // not a list
    [InlineData("00 80")]                                              // empty
    [InlineData("01 80 01 81")]                                        // no name
    [InlineData("02 80 04 82 73 70 61 6d 01 81")]                      // ("spam" 1)
    [InlineData("03 80 13 87 06 81 06 81")]                            // (version 6 6)
    [InlineData("02 80 1d 87 01 82 78")]                               // (decref "x")
    [InlineData("03 80 1b 87 01 82 78 01 80 01 87")]                   // (answer "x" (None))
    [InlineData("07 80 1a 87 01 81 01 80 01 87 01 82 6d 01 81 01 80 0b 87 01 80 05 87")]   // object (None)
    [InlineData("07 80 1a 87 01 81 01 81 01 82 ff 01 81 01 80 0b 87 01 80 05 87")]         // a method that is no text
    public void What_is_no_message_has_a_reason(string hex)
    {
        var message = PerspectiveCodec.Decode(Wire.Hex(hex), Wire.Ample, out string problem, out _);

        Assert.Null(message);
        Assert.NotEmpty(problem);
    }

    [Theory]
    [InlineData("01 81", "01 80 05 87", "positional arguments")]
    [InlineData("01 80 0b 87", "01 80 08 87", "keyword arguments")]
    [InlineData("01 80 0b 87", "02 80 05 87 02 80 01 81 01 81", "name of a keyword")]
    [InlineData("02 80 0b 87 01 80 06 87", "01 80 05 87", "'function' is not allowed")]
    public void Arguments_that_are_not_allowed_leave_a_call_that_can_be_refused(string arguments, string keywords, string why)
    {
        byte[] bytes = [.. Wire.Hex("07 80 1a 87 05 81 01 81 01 82 6d 01 81"), .. Wire.Hex(arguments), .. Wire.Hex(keywords)];

        var call = Assert.IsType<PerspectiveMessage.Call>(Wire.Message(bytes));

        Assert.Contains(why, call.Refusal, StringComparison.Ordinal);
        Assert.Equal((5, true), (call.RequestId, call.WantsAnswer));
        Assert.Empty(call.Arguments);
    }

    [Fact]
    public void What_a_peer_says_is_shown_without_control_characters_and_cut()
    {
        string shown = Shown.Of("\u001b[2J"u8) + Shown.Of(Enumerable.Repeat((byte)'x', 5000).ToArray());

        Assert.DoesNotContain('\u001b', shown);
        Assert.InRange(shown.Length, 1, 100);
    }
}
