using Quern.Protocols.Perspective.Golden;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Codec;

public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Limit = 16 * 1024;
    private const long Allowance = Limit + (48 * 1024);
    private const long Allowed = Limit + (64 * 1024);

    private static readonly MutationFuzz Fuzz = new(Captures.Messages.Select(m => m.ToArray()),
    [
        .. new byte[] { 0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0xff, 0x03, 0x04, 0x05, 0x08, 0x0b, 0x10, 0x1a, 0x1b }.Select(b => new[] { b }),
        [0x02, 0x80, 0x03, 0x87, 0x01, 0x81],                                 // (dereference 1)
        [0x03, 0x80, 0x04, 0x87, 0x01, 0x81],                                 // (reference 1 ...
        [0x02, 0x80, 0x10, 0x87, 0x05, 0x81],                                 // (remote 5)
        [0x02, 0x80, 0x0d, 0x82, .. "package.Class"u8],                       // (package.Class ...
        [0x7f, 0x7f, 0x27, 0x82], [0x00, 0x00, 0x28, 0x80],                   // the longest string, the longest list
        [0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x82],   // a string of 2^70 bytes
        [0x02, 0x80, 0x05, 0x87, 0x02, 0x80],                                 // (dictionary ( ...
    ]);

    [Fact]
    public void Changed_messages_neither_throw_nor_allocate_past_the_limit()
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}, {MutationFuzz.Count} inputs");

        string? finding = Fuzz.Run(MutationFuzz.Seed, MutationFuzz.Count, input => Wire.Receive(input, Allowance), Allowed);

        Assert.Null(finding);
    }

    [Fact]
    public void What_decodes_after_a_change_encodes_to_bytes_that_decode_to_the_same()
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}");
        int decoded = 0;

        string? finding = Fuzz.Run(MutationFuzz.Seed, 10_000, Check, long.MaxValue);

        Assert.Null(finding);
        Assert.True(decoded > 1000, $"only {decoded} inputs were still messages");

        void Check(ReadOnlyMemory<byte> input)
        {
            var framer = new BananaFramer();
            if (framer.Scan(input.Span, vocabulary: true, out int consumed) is not DecodeStatus.Success) return;
            if (PerspectiveCodec.Decode(input[..consumed], Wire.Ample, out _, out _) is not { } message) return;
            byte[] once;
            try
            {
                once = Wire.Encode(message);
            }
            catch (ArgumentException e) when (e.Message.Contains("holds itself", StringComparison.Ordinal))
            {
                return;   // a cycle can be received and not be sent
            }
            decoded++;
            if (!once.AsSpan().SequenceEqual(Wire.Encode(Wire.Message(once))))
                throw new InvalidOperationException($"{message} changes from one encoding to the next");
        }
    }

    [Fact]
    public void A_decoder_that_allocates_what_a_length_declares_is_found()
    {
        string? finding = Fuzz.Run(seed: 7, count: 20_000, PlantedDefect, Allowed);

        Assert.NotNull(finding);
        Assert.Contains("allocated", finding, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decoder_that_trusts_a_length_is_found()
    {
        string? finding = Fuzz.Run(seed: 7, count: 20_000, input =>
        {
            // Takes the method's name of a call for granted.
            if (input.Length > 12 && input.Span[0] == 7 && input.Span[2] == 0x1a) _ = input.Slice(8, input.Span[6] & 0x7f);
        }, Allowed);

        Assert.NotNull(finding);
        Assert.Contains(nameof(ArgumentOutOfRangeException), finding, StringComparison.Ordinal);
    }

    /// <summary>Makes room for a string before it looks whether the string is there. Held at 16 MiB so that the test itself is harmless.</summary>
    private static void PlantedDefect(ReadOnlyMemory<byte> input)
    {
        var span = input.Span;
        long length = 0;
        int digits = 0;
        for (int at = 0; at < span.Length;)
        {
            byte value = span[at++];
            if (value < 0x80)
            {
                if (digits < 4) length |= (long)value << (7 * digits);
                digits++;
                continue;
            }
            if (value == (byte)BananaType.Bytes)
            {
                byte[] room = new byte[Math.Min(length, 16 * 1024 * 1024)];
                if (room.Length > span.Length - at) return;
                span.Slice(at, room.Length).CopyTo(room);
                at += room.Length;
            }
            (length, digits) = (0, 0);
        }
    }
}
