using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class ClientFrameWalkerTests
{
    /// <summary>Frames, and where the walk ends: behind the last good byte.</summary>
    public static TheoryData<string, int, string> Wrong => new()
    {
        { "8204c0c0c0c0", 1, "a frame that is not masked" },
        { "8880000000008100", 7, "a frame that is not masked" },
        { "c180", 0, "a frame with reserved bits set" },
        { "a180", 0, "a frame with reserved bits set" },
        { "9180", 0, "a frame with reserved bits set" },
        { "8380", 0, "a frame of the unknown kind 3" },
        { "8f80", 0, "a frame of the unknown kind 15" },
        { "0880", 0, "a control frame in fragments" },
        { "89fe", 1, "a control frame of more than 125 bytes" },
        { "8aff", 1, "a control frame of more than 125 bytes" },
        { "8080", 0, "a continuation of no message" },
        { "018000000000" + "8180", 6, "a new message inside another" },
        { "0180000000008080000000008080", 12, "a continuation of no message" },
        { "82fe007d", 3, "a frame whose length is written longer than it needs to be" },
        { "82ff000000000000ffff", 9, "a frame whose length is written longer than it needs to be" },
        { "82ff8000000000000000", 9, "a frame whose length has its highest bit set" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void A_wrong_frame_ends_the_walk_at_the_same_byte_however_the_bytes_arrive(string hex, int good, string problem)
    {
        byte[] bytes = [.. Convert.FromHexString(hex), 0, 0, 0];

        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var walker = new ClientFrameWalker();
            int first = walker.Walk(bytes.AsSpan(0, cut));
            int second = walker.Walk(bytes.AsSpan(cut));

            Assert.Equal(good, first + second);
            Assert.Equal(problem, walker.Problem);
            Assert.Equal(0, walker.Walk("more"u8));
        }
    }

    [Fact]
    public void What_real_workers_sent_is_walked_over_whole_cut_at_every_byte_and_byte_by_byte()
    {
        CapturedStream[] streams = [.. Captures.Streams.Concat(Captures.V1Streams).Where(stream => stream.FromWorker)];
        Assert.True(streams.Length > 20, $"only {streams.Length} streams");
        foreach (CapturedStream stream in streams)
        {
            byte[] frames = stream.Bytes[stream.HeadLength..];
            var byteByByte = new ClientFrameWalker();
            foreach (byte one in frames) Assert.Equal(1, byteByByte.Walk([one]));
            Assert.Null(byteByByte.Problem);

            int step = frames.Length <= 4096 ? 1 : frames.Length / 997;
            for (int cut = 0; cut <= frames.Length; cut += step)
            {
                var walker = new ClientFrameWalker();
                Assert.Equal(cut, walker.Walk(frames.AsSpan(0, cut)));
                Assert.Equal(frames.Length - cut, walker.Walk(frames.AsSpan(cut)));
                Assert.Null(walker.Problem);
            }
        }
    }

    [Fact]
    public void What_real_masters_sent_is_not_masked_and_refused()
    {
        CapturedStream stream = Captures.Streams.First(s => !s.FromWorker && s.Payloads().Any());
        var walker = new ClientFrameWalker();

        Assert.Equal(1, walker.Walk(stream.Bytes.AsSpan(stream.HeadLength)));
        Assert.Equal("a frame that is not masked", walker.Problem);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65535)]
    [InlineData(65536)]
    public void Each_form_of_length_is_taken_for_what_needs_it(int length)
    {
        byte[] frame = [.. Frame(0x82, length), .. Frame(0x88, 2)];
        var walker = new ClientFrameWalker();

        Assert.Equal(frame.Length, walker.Walk(frame));
        Assert.Null(walker.Problem);
    }

    [Fact]
    public void Control_frames_may_stand_between_fragments()
    {
        byte[] frames = [.. Frame(0x01, 3), .. Frame(0x89, 4), .. Frame(0x00, 0), .. Frame(0x8a, 0), .. Frame(0x80, 9), .. Frame(0x82, 1)];
        var walker = new ClientFrameWalker();

        Assert.Equal(frames.Length, walker.Walk(frames));
        Assert.Null(walker.Problem);
    }

    [Fact]
    public void Arbitrary_bytes_end_alike_whole_and_in_pieces() => Prop.ForAll<byte[], int>((bytes, at) =>
    {
        int cut = bytes.Length == 0 ? 0 : (int)((uint)at % (uint)bytes.Length);
        ClientFrameWalker whole = new(), pieces = new();
        int good = whole.Walk(bytes);
        return good == pieces.Walk(bytes.AsSpan(0, cut)) + pieces.Walk(bytes.AsSpan(cut)) && whole.Problem == pieces.Problem;
    }).QuickCheckThrowOnFailure();

    private static byte[] Frame(byte first, int length)
    {
        var head = new List<byte> { first };
        Span<byte> digits = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(digits, length);
        if (length <= 125) head.Add((byte)(0x80 | length));
        else if (length <= ushort.MaxValue) head.AddRange([0xfe, .. digits[6..]]);
        else head.AddRange([0xff, .. digits]);
        return [.. head, 1, 2, 3, 4, .. new byte[length]];
    }
}
