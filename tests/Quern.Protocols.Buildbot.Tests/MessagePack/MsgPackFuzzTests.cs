using System.Buffers;
using System.Buffers.Binary;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class MsgPackFuzzTests(ITestOutputHelper output)
{
    private const int Limit = 256 * 1024;
    private const long Allowed = Limit + (64 * 1024);
    private static readonly MsgPackLimits Limits = new(Limit);

    private static readonly byte[] Telling =
    [
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xca, 0xcb, 0xcc, 0xcf, 0xd3, 0xd4,
        0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff,
    ];

    [Theory]
    [InlineData(BuildbotSide.Observer, BuildbotRevision.V7)]
    [InlineData(BuildbotSide.Master, BuildbotRevision.V7)]
    [InlineData(BuildbotSide.Worker, BuildbotRevision.V7)]
    [InlineData(BuildbotSide.Observer, BuildbotRevision.V1)]
    [InlineData(BuildbotSide.Master, BuildbotRevision.V1)]
    [InlineData(BuildbotSide.Worker, BuildbotRevision.V1)]
    public void Changed_payloads_neither_throw_nor_allocate_past_the_limit(BuildbotSide side, BuildbotRevision revision)
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}, {MutationFuzz.Count} inputs");
        var codec = new MsgPackCodec(new MsgPackCodecOptions
        {
            Limits = Limits,
            Revision = revision,
            Side = side,
            KeepLineTables = side is not BuildbotSide.Master,
        });

        string? finding = Fuzz(revision).Run(MutationFuzz.Seed, MutationFuzz.Count, input => codec.Decode(input, out _), Allowed);

        Assert.Null(finding);
    }

    [Theory]
    [InlineData(BuildbotRevision.V7)]
    [InlineData(BuildbotRevision.V1)]
    public void What_decodes_after_a_change_encodes_to_bytes_that_decode_to_the_same(BuildbotRevision revision)
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}");
        var codec = new MsgPackCodec(new MsgPackCodecOptions { Limits = new MsgPackLimits(8 * Limit), Revision = revision });
        var once = new ArrayBufferWriter<byte>();
        var twice = new ArrayBufferWriter<byte>();
        int decoded = 0;

        string? finding = Fuzz(revision).Run(MutationFuzz.Seed, 10_000, Check, long.MaxValue);

        Assert.Null(finding);
        Assert.True(decoded > 100, $"only {decoded} inputs were still messages");

        void Check(ReadOnlyMemory<byte> input)
        {
            if (codec.Decode(input, out BuildbotMessage? message) is not DecodeStatus.Success) return;
            if (message is BuildbotMessage.Unanswerable or BuildbotMessage.Ignored) return;
            decoded++;
            once.ResetWrittenCount();
            twice.ResetWrittenCount();
            codec.Encode(message!, once);
            if (codec.Decode(once.WrittenMemory, out BuildbotMessage? again) is not DecodeStatus.Success)
                throw new InvalidOperationException($"{message} encodes to bytes that do not decode");
            codec.Encode(again!, twice);
            if (!once.WrittenSpan.SequenceEqual(twice.WrittenSpan))
                throw new InvalidOperationException($"{message} changes from one encoding to the next");
        }
    }

    [Fact]
    public void A_decoder_that_allocates_what_a_length_declares_is_found()
    {
        string? finding = Fuzz(BuildbotRevision.V7).Run(seed: 7, count: 20_000, PlantedDefect, Allowed);

        Assert.NotNull(finding);
        Assert.Contains("allocated", finding, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decoder_that_trusts_a_length_is_found()
    {
        string? finding = Fuzz(BuildbotRevision.V7).Run(seed: 7, count: 20_000, input =>
        {
            if (input.Length > 8 && input.Span[0] == 0x84) _ = input.Slice(2 + (input.Span[1] & 0x1f), 6);
        }, Allowed);

        Assert.NotNull(finding);
        Assert.Contains(nameof(ArgumentOutOfRangeException), finding, StringComparison.Ordinal);
    }

    private static MutationFuzz Fuzz(BuildbotRevision revision) =>
        new(revision is BuildbotRevision.V1 ? [.. Captures.V1Payloads, .. SeedMessages.Payloads] : Captures.Payloads, Telling.Select(b => new[] { b }));

    /// <summary>Makes room for a text before it looks whether the text is there. Held at 16 MiB so that the test itself is harmless.</summary>
    private static void PlantedDefect(ReadOnlyMemory<byte> input)
    {
        ReadOnlySpan<byte> span = input.Span;
        for (int i = 0; i + 5 <= span.Length; i++)
        {
            if (span[i] != 0xdb) continue;
            uint declared = BinaryPrimitives.ReadUInt32BigEndian(span[(i + 1)..]);
            byte[] room = new byte[Math.Min(declared, 16 * 1024 * 1024)];
            if (room.Length <= span.Length - i - 5) span.Slice(i + 5, room.Length).CopyTo(room);
        }
    }
}
