using System.Text;
using Quern.Peers.Secrets;
using Xunit;

namespace Quern.Peers.Tests.Secrets;

[Trait("CWE", "532")]
public sealed class SecretMaskTests
{
    private const string Secret = "pa:s w?rd/Ünï+7'\"x";

    [Fact]
    public void Text_without_a_secret_passes_as_it_is()
    {
        const string Text = "one\ntwo paper\n\nthree\r\n";

        Assert.Equal(Text, Mask(Secret).Hide(Text));
    }

    public static TheoryData<string> Forms => new(
        Secret,
        Uri.EscapeDataString(Secret),
        Uri.EscapeDataString(Secret).Replace("%20", "+", StringComparison.Ordinal),
        System.Text.RegularExpressions.Regex.Replace(Uri.EscapeDataString(Secret), "%..", m => m.Value.ToLowerInvariant()),
        Convert.ToHexString(Encoding.UTF8.GetBytes(Secret)),
        Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Secret)),
        Base64(""), Base64("a"), Base64("ab"), Base64("user:"),
        Base64("").Replace('+', '-').Replace('/', '_').TrimEnd('='),
        "{\"token\":\"" + Secret.Replace("\"", "\\\"", StringComparison.Ordinal) + "\"}",
        "+ curl -H '" + Secret.Replace("'", "'\\''", StringComparison.Ordinal) + "'");

    [Theory, MemberData(nameof(Forms))]
    public void A_secret_is_hidden_in_every_form_and_however_it_arrives(string form)
    {
        byte[] text = Encoding.UTF8.GetBytes($"before {form} after\nnext line\n");
        var mask = Mask(Secret);

        string whole = mask.Hide(Encoding.UTF8.GetString(text));

        Assert.Contains("***", whole, StringComparison.Ordinal);
        Assert.DoesNotContain(form, whole, StringComparison.Ordinal);
        Assert.StartsWith("before ", whole, StringComparison.Ordinal);
        Assert.EndsWith(" after\nnext line\n", whole, StringComparison.Ordinal);
        for (int cut = 0; cut <= text.Length; cut++)
        {
            Assert.Equal(whole, InPieces(mask, text[..cut], text[cut..]));
        }
        Assert.Equal(whole, InPieces(mask, [.. text.Select(b => new[] { b })]));
    }

    [Fact]
    public void A_secret_cut_into_lines_is_hidden_and_the_line_ends_stay()
    {
        var mask = Mask("correct-horse-battery");

        Assert.Equal("x ***\n\n y\n", mask.Hide("x correct-\nhorse-\nbattery y\n"));
        Assert.Equal("***\n\n", InPieces(mask, "correct-h\n"u8.ToArray(), "orse-battery\n"u8.ToArray()));
    }

    [Fact]
    public void Long_base64_that_is_wrapped_is_hidden()
    {
        string key = string.Concat(Enumerable.Range(0, 40).Select(i => $"key-part-{i};"));
        string wrapped = Convert.ToBase64String(Encoding.UTF8.GetBytes(key), Base64FormattingOptions.InsertLineBreaks);

        string hidden = Mask(key).Hide(wrapped + "\nend\n");

        Assert.Equal("***", hidden.Split('\n')[0].TrimEnd('\r'));
        Assert.DoesNotContain(wrapped.Split('\n')[3].Trim(), hidden, StringComparison.Ordinal);
        Assert.EndsWith("\nend\n", hidden, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_a_secret_of_several_lines_are_hidden_alone()
    {
        var mask = Mask("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nQkFTRTY0\n-----END KEY-----");

        Assert.Equal("grep: ***\n", mask.Hide("grep: MIIEvQIBADANBgkqhkiG9w0\n"));
    }

    [Fact]
    public void What_could_begin_a_secret_is_kept_back_until_it_is_known()
    {
        var stream = new MaskedText(Mask("abcdef"));

        Assert.Equal("one\n", Text(stream.Take("one\ntwo abc\n"u8)));
        Assert.Equal("", Text(stream.Take("d\n"u8)));
        Assert.Equal("two abc\nd\nno\n", Text(stream.Take("no\n"u8)));
        Assert.Equal("", Text(stream.Take("abc\n"u8)));
        Assert.Equal("abc\n", Text(stream.Rest()));
    }

    [Fact]
    public void Secrets_that_overlap_are_hidden_together()
    {
        var mask = SecretMask.Of(["abcdef", "defghi", "cdef"])!;

        Assert.Equal("x***y\n", mask.Hide("xabcdefghiy\n"));
    }

    [Fact]
    public void A_planted_secret_is_never_seen_in_random_output_cut_at_random_places()
    {
        var random = new Random(4711);
        var mask = Mask("hunter2!");
        for (int round = 0; round < 2000; round++)
        {
            var text = new StringBuilder();
            for (int i = random.Next(1, 12); i > 0; i--)
                text.Append(random.Next(3) switch { 0 => "hunter2!", 1 => "hunt", _ => "x\n" });
            var pieces = new List<byte[]>();
            string left = text.Append('\n').ToString();
            while (left.Length > 0)
            {
                int length = random.Next(1, left.Length + 1);
                pieces.Add(Encoding.UTF8.GetBytes(left[..length]));
                left = left[length..];
            }

            string shown = InPieces(mask, [.. pieces]);

            Assert.DoesNotContain("hunter2!", shown.Replace("\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Equal(text.ToString().Count(c => c == '\n'), shown.Count(c => c == '\n'));
        }
    }

    [Fact]
    public void There_is_no_mask_for_nothing() => Assert.Null(SecretMask.Of([]));

    private static SecretMask Mask(string secret) => SecretMask.Of([secret])!;

    private static string Base64(string before) => Convert.ToBase64String(Encoding.UTF8.GetBytes(before + Secret));

    private static string InPieces(SecretMask mask, params byte[][] pieces)
    {
        var stream = new MaskedText(mask);
        var all = new List<byte>();
        foreach (byte[] piece in pieces) all.AddRange(stream.Take(piece).Span);
        all.AddRange(stream.Rest().Span);
        return Encoding.UTF8.GetString([.. all]);
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
