using System.Buffers;
using System.Globalization;
using System.Text;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Wire;

/// <summary>Frames of the captures, changed a little.</summary>
public sealed class BranchFuzzTests(ITestOutputHelper output)
{
    private const int Limit = 64 * 1024;

    /// <summary>
    /// What a body may cost to read: the text in UTF-16 twice (once in a document, once in a record) and a document's table of
    /// twelve bytes for each token, of which a byte can be one.
    /// </summary>
    private const long AllowedPerByte = 64;

    private const long AllowedAtLeast = 256 * 1024;

    private static readonly byte[][] Telling =
    [
        .. new[] { "{", "}", "[", "]", "\"", "\\", "\\ud800", "\\u0000", ",", ":", " ", "null", "true", "-1", "1e999", "9223372036854775808", "0", "99999999999 ", "\r\n", "é" }
            .Select(Encoding.UTF8.GetBytes),
        [0x00], [0x7f], [0x80], [0xc3], [0xff],
    ];

    [Theory]
    [InlineData(BranchDialect.V1, BranchRole.Stranger)]
    [InlineData(BranchDialect.V1, BranchRole.Controller)]
    [InlineData(BranchDialect.V1, BranchRole.Bot)]
    [InlineData(BranchDialect.V2, BranchRole.Stranger)]
    [InlineData(BranchDialect.V2, BranchRole.Controller)]
    [InlineData(BranchDialect.V2, BranchRole.Bot)]
    public void Changed_requests_neither_throw_nor_allocate_past_the_limit(BranchDialect dialect, BranchRole role)
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}, {MutationFuzz.Count} inputs");
        byte[][] corpus = [.. GoldenExchange.All.Where(e => e.Dialect == dialect && e.Role == role && e.Send is not null && e.Raw == 0).Select(e => e.Send!)];
        int understood = 0;

        string? finding = Run(corpus, body =>
        {
            if (Codec.Request(dialect, body, role) is { } request and not (BranchRequest.Unknown or BranchRequest.Malformed))
            {
                understood++;
                byte[] written = Codec.Frame(dialect, request);
                if (request is not BranchRequest.LogOn && !Equals(request, Codec.Request(dialect, Codec.BodyOf(written), role)))
                    throw new InvalidOperationException($"{request} is read differently once written: {Encoding.UTF8.GetString(written)}");
            }
        });

        Assert.Null(finding);
        Assert.True(understood > MutationFuzz.Count / 100, $"only {understood} inputs were still requests");
    }

    [Theory]
    [InlineData(BranchDialect.V1)]
    [InlineData(BranchDialect.V2)]
    public void Changed_answers_neither_throw_nor_allocate_past_the_limit(BranchDialect dialect)
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}, {MutationFuzz.Count} inputs");
        byte[][] corpus = [.. GoldenExchange.All.Where(e => e.Dialect == dialect).SelectMany(e => new[] { e.Answer, e.Order }).OfType<byte[]>()];
        var commands = BranchCommands.All.Select(r => r.Command).ToArray();
        int at = 0, understood = 0;

        string? finding = Run(corpus, body =>
        {
            var command = commands[at++ % commands.Length];
            if (Codec.Order(dialect, body) is not null) understood++;
            if (Codec.Answer(dialect, body, command) is not { } answer) return;
            understood++;
            if (Codec.Frame(dialect, answer) is { } written && Codec.Answer(dialect, Codec.BodyOf(written), command) is null)
                throw new InvalidOperationException($"{answer} cannot be read once written");
        });

        Assert.Null(finding);
        Assert.True(understood > MutationFuzz.Count / 500, $"only {understood} inputs were still answers");
    }

    [Fact]
    [Trait("CWE", "674")]
    public void Deep_and_wide_texts_are_refused_before_they_cost_anything()
    {
        string deep = new('[', 100_000);
        string wide = "[" + string.Concat(Enumerable.Repeat("1,", 2_000_000)) + "1]";
        foreach (string text in (string[])[deep, wide])
        {
            byte[] v2 = Encoding.UTF8.GetBytes($$"""{"command": "CHECKOUT", "payload": {{text}}}""");
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Null(Codec.Request(BranchDialect.V2, v2, BranchRole.Controller));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);

            byte[] v1 = Encoding.UTF8.GetBytes("SUBMIT_PACKAGE " + text);
            var request = Assert.IsType<BranchRequest.Malformed>(Codec.Request(BranchDialect.V1, v1, BranchRole.Controller));
            Assert.Equal(BranchReply.HandlerFailed, request.Answer.Code);
        }
    }

    [Fact]
    public void A_decoder_that_trusts_a_count_is_found()
    {
        string? finding = new MutationFuzz(GoldenExchange.All.Select(e => e.Send).OfType<byte[]>(), Telling).Run(seed: 7, count: 20_000, input =>
        {
            int blank = input.Span.IndexOf((byte)' ');
            if (blank is > 0 and < 6 && int.TryParse(input.Span[..blank], CultureInfo.InvariantCulture, out int count) && count > 0) _ = input.Slice(blank + 1, count);
        }, AllowedAtLeast);

        Assert.NotNull(finding);
        Assert.Contains(nameof(ArgumentOutOfRangeException), finding, StringComparison.Ordinal);
    }

    /// <summary>The frame, and its body alone: a change of the count would hide most changes of the body.</summary>
    private static string? Run(byte[][] corpus, Action<byte[]> decode) => new MutationFuzz(corpus, Telling).Run(MutationFuzz.Seed, MutationFuzz.Count, input =>
    {
        var sequence = new ReadOnlySequence<byte>(input);
        if (BranchFraming.TryRead(ref sequence, Limit, out var body) == DecodeStatus.Success) decode(body.ToArray());
        int blank = input.Span.IndexOf((byte)' ');
        if (blank >= 0) decode(input[(blank + 1)..].ToArray());
    }, AllowedAtLeast, AllowedPerByte);
}
