using System.Buffers;
using System.Text;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Wire;

public sealed class BranchFramingTests
{
    private const int Limit = 1 << 20;

    [Fact]
    public void Every_frame_of_the_captures_reads_the_same_however_it_is_cut()
    {
        foreach (byte[] frame in GoldenExchange.Frames)
        {
            byte[] body = Codec.BodyOf(frame);
            for (int cut = 0; cut <= frame.Length; cut++)
            {
                var partial = new ReadOnlySequence<byte>(frame, 0, cut);
                var before = partial;
                var status = BranchFraming.TryRead(ref partial, Limit, out _);
                Assert.Equal(cut == frame.Length ? DecodeStatus.Success : DecodeStatus.NeedMore, status);
                if (cut < frame.Length) Assert.Equal(before.Length, partial.Length);

                var pieces = Pieces.Of(frame.AsMemory(0, cut), frame.AsMemory(cut));
                Assert.Equal(DecodeStatus.Success, BranchFraming.TryRead(ref pieces, Limit, out var read));
                Assert.Equal(body, read.ToArray());
                Assert.True(pieces.IsEmpty);
            }
        }
    }

    [Fact]
    public void Frames_byte_by_byte_and_two_together_are_cut_where_they_end()
    {
        byte[] two = [.. GoldenExchange.Frames.SelectMany(f => f)];
        var bytes = Pieces.Of([.. two.Select(b => (ReadOnlyMemory<byte>)new[] { b })]);

        var bodies = new List<byte[]>();
        while (BranchFraming.TryRead(ref bytes, Limit, out var body) == DecodeStatus.Success) bodies.Add(body.ToArray());

        Assert.True(bytes.IsEmpty);
        Assert.Equal(GoldenExchange.Frames.Select(Codec.BodyOf), bodies);
    }

    [Theory]
    [InlineData("x")]
    [InlineData(" 4 PING")]
    [InlineData("-1 a")]
    [InlineData("+4 PING")]
    [InlineData("4\tPING")]
    [InlineData("0 ")]
    [InlineData("00000 PING")]
    [InlineData("12345678901")]
    [InlineData("٣ abc")]
    [InlineData("4.0 PING")]
    public void What_is_no_count_is_refused_at_once(string text)
    {
        var input = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));

        Assert.Equal(DecodeStatus.Malformed, BranchFraming.TryRead(ref input, Limit, out _));
    }

    [Theory]
    [Trait("CWE", "789")]
    [InlineData("1048577 ")]
    [InlineData("9999999999 ")]
    public void A_body_over_the_limit_is_refused_by_its_count(string text)
    {
        var input = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));

        Assert.Equal(DecodeStatus.TooLarge, BranchFraming.TryRead(ref input, Limit, out _));
        Assert.Equal(text.Length, input.Length);
    }

    [Fact]
    public void Count_is_bytes_and_not_characters()
    {
        var input = new ReadOnlySequence<byte>(Codec.Frame("RELEASE_BUILD é"));

        Assert.Equal("16 "u8.ToArray(), input.Slice(0, 3).ToArray());
        Assert.Equal(DecodeStatus.Success, BranchFraming.TryRead(ref input, Limit, out var body));
        Assert.Equal("RELEASE_BUILD é", Encoding.UTF8.GetString(body));
    }

    [Fact]
    public void Bytes_of_a_file_end_exactly_where_they_were_announced_to_end()
    {
        byte[] stream = "hello17 COMPLETE_TRANSFER4 PING"u8.ToArray();
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            var reader = new BranchReader();
            reader.ExpectRaw(5);
            var raw = new List<byte>();
            var frames = new List<string>();
            // As a connection does: what was not used comes again, with what arrived since.
            Drain(stream.AsMemory(0, cut), out int used);
            Drain(stream.AsMemory(used), out _);

            Assert.Equal("hello", Encoding.ASCII.GetString([.. raw]));
            Assert.Equal(["COMPLETE_TRANSFER", "PING"], frames);

            void Drain(ReadOnlyMemory<byte> bytes, out int taken)
            {
                var input = new ReadOnlySequence<byte>(bytes);
                while (reader.TryRead(ref input, Limit, out var piece) == DecodeStatus.Success)
                {
                    if (piece.IsRaw) raw.AddRange(piece.Bytes.ToArray());
                    else frames.Add(Encoding.ASCII.GetString(piece.Bytes));
                }
                taken = bytes.Length - (int)input.Length;
            }
        }
    }

    [Fact]
    public void A_second_file_cannot_be_announced_within_one()
    {
        var reader = new BranchReader();
        reader.ExpectRaw(1);

        Assert.Throws<InvalidOperationException>(() => reader.ExpectRaw(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BranchReader().ExpectRaw(0));
    }

    [Theory]
    [InlineData("""{"command":"AUTH"}""", BranchDialect.V2)]
    [InlineData(""" { "command": "AUTH"}""", BranchDialect.V2)]
    [InlineData("AUTH default", BranchDialect.V1)]
    [InlineData("SET_MACHINE_TYPE BUILD", BranchDialect.V1)]
    [InlineData("[1]", BranchDialect.V1)]
    public void Dialect_shows_in_the_first_body(string body, BranchDialect dialect) =>
        Assert.Equal(dialect, BranchWords.DialectOf(Encoding.UTF8.GetBytes(body)));
}
