using System.Buffers;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Admin.Tests;

/// <summary>Frames of the golden file, changed a little.</summary>
public sealed class AdminFuzzTests(ITestOutputHelper output)
{
    /// <summary>A part is two bytes at least; the biggest object that two bytes make is a configuration of 200.</summary>
    private const long AllowedPerByte = 160;

    private const long AllowedAtLeast = 128 * 1024;

    private static readonly byte[][] Telling =
    [
        [0x00], [0x01], [0x7F], [0x80], [0xFF], [0x08], [0x10], [0x18], [0x20], [0x2A], [0x2A, 0x00], [0x0A, 0x00], [0x22, 0x00], [0x0B], [0x0C],
        [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xC3], [0xED, 0xA0, 0x80],
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Changed_frames_neither_throw_nor_allocate_past_the_limit(bool opening)
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}, {MutationFuzz.Count} inputs");
        var codec = new AdminCodec(opening: opening);
        int understood = 0;

        string? finding = Fuzz().Run(MutationFuzz.Seed, MutationFuzz.Count, bytes =>
        {
            var input = new ReadOnlySequence<byte>(bytes);
            if (codec.TryDecode(ref input, out var message) != DecodeStatus.Success || message!.Body is AdminBody.Unreadable) return;
            understood++;
            // Written without its byte; and what says nothing at all would be a frame of no bytes.
            if (message.Body is AdminBody.Result && message.Set == NameSet.Outcomes || message.Number == 0) return;
            byte[] written = AdminCodecTests.Encode(message);
            if (!message.Equals(AdminCodecTests.Decode(written, codec))) throw new InvalidOperationException($"{message} is read differently once written.");
        }, AllowedAtLeast, AllowedPerByte);

        Assert.True(finding is null, finding);
        Assert.True(understood > MutationFuzz.Count / 100, $"only {understood} inputs were still messages");
    }

    [Fact]
    public void A_defect_is_found()
    {
        string? finding = Fuzz().Run(1, 20_000, bytes =>
        {
            var input = new ReadOnlySequence<byte>(bytes);
            // As one who trusts the length.
            if (new AdminCodec().TryDecode(ref input, out _) == DecodeStatus.TooLarge) _ = new byte[1 << 20];
        }, AllowedAtLeast, AllowedPerByte);

        Assert.NotNull(finding);
    }

    private static MutationFuzz Fuzz() => new(GoldenFrames.All.Select(f => f.Frame).Concat(GoldenFrames.OlderPeers.Select(f => f.Frame)), Telling);
}
