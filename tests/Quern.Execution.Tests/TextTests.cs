using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

public sealed class TextTests
{
    private static readonly string[] Pieces =
        ["a", "é", "€", "😀", "\n", "\r", "\r\n", "\b", "\b\b", "\u001b[u", "\u001b[2J", "\u001b[1;22H", "\u001b[3;4f", "\u001b[x", "\u001b", "12;", "long text "];

    private static Gen<string> Texts => Gen.ArrayOf(Gen.Elements(Pieces)).Select(string.Concat);

    private static string Lines(string text, IEnumerable<int> cuts, int max = 4096, string? regex = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var repair = new Utf8Repair();
        var finder = new LineFinder(NewlinePatterns.Create(regex ?? WorkerSettings.Buildbot.NewlineRegex), max);
        var batch = new LineBatch();
        var result = new StringBuilder();
        int at = 0;
        foreach (int cut in cuts.Select(c => Math.Abs(c % (bytes.Length + 1))).Order().Append(bytes.Length))
        {
            finder.Append(repair.Append(bytes.AsSpan(at..cut)), 1, batch);
            at = cut;
            result.Append(Checked(batch));
        }
        finder.Flush(batch);
        return result.Append(Checked(batch)).ToString();
    }

    private static string Checked(LineBatch batch)
    {
        string text = Encoding.UTF8.GetString(batch.Bytes);
        var expected = new List<int>();
        int index = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == '\n') expected.Add(index);
            index++;
        }
        Assert.Equal(expected, batch.Newlines.ToArray());
        Assert.Equal(batch.Count, text.Count(c => c == '\n'));
        if (batch.Count > 0) Assert.Equal(batch.Bytes.Length, batch.ByteEnds[^1]);
        return text;
    }

    [Theory]
    [InlineData("10%\r20%\r30%\n", "10%\n20%\n30%\n")]
    [InlineData("ab\b\bcd\n", "ab\ncd\n")]
    [InlineData("x\u001b[2Jy\n", "x\ny\n")]
    [InlineData("x\u001b[12;3Hy\u001b[uz", "x\ny\nz\n")]
    [InlineData("x\u001b[31my\n", "x\u001b[31my\n")]
    [InlineData("crlf\r\nend", "crlf\nend\n")]
    [InlineData("end\r", "end\n")]
    public void Control_sequences_end_lines(string text, string expected) => Assert.Equal(expected, Lines(text, []));

    [Fact]
    public void Lines_do_not_depend_on_where_reads_cut_the_text() => Prop.ForAll(
        Texts.ToArbitrary(), ArbMap.Default.ArbFor<int[]>(), (text, cuts) => Lines(text, cuts, 7) == Lines(text, [], 7)).QuickCheckThrowOnFailure();

    [Fact]
    public void The_hand_written_pattern_agrees_with_the_regular_expression() => Prop.ForAll(
        Texts.ToArbitrary(),
        text => Lines(text, []) == Lines(text, [], 4096, "(?:" + WorkerSettings.Buildbot.NewlineRegex + ")")).QuickCheckThrowOnFailure();

    [Fact]
    public void Over_long_lines_lose_nothing()
    {
        string text = new string('a', 10_000) + "\n" + new string('ü', 5_000);

        string[] lines = Lines(text, [1, 4095, 4096, 9_000]).Split('\n');

        Assert.Equal([4095, 4095, 1810, 4095, 905, 0], lines.Select(l => l.Length));
        Assert.Equal(text.Replace("\n", "", StringComparison.Ordinal), string.Concat(lines));
    }

    [Fact]
    public void Bytes_become_what_the_framework_makes_of_them_however_they_are_cut() => Prop.ForAll<byte[], int[]>((bytes, cuts) =>
    {
        byte[] input = [.. bytes, .. "é€😀"u8, 0xE2, .. bytes, (byte)'.'];
        var repair = new Utf8Repair();
        var result = new List<byte>();
        int at = 0;
        foreach (int cut in cuts.Select(c => Math.Abs(c % (input.Length + 1))).Order().Append(input.Length))
        {
            result.AddRange(repair.Append(input.AsSpan(at..cut)));
            at = cut;
        }
        return Encoding.UTF8.GetString([.. result]) == Encoding.UTF8.GetString(input);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Words_are_quoted_as_the_stock_worker_quotes_them() =>
        Assert.Equal("echo \"\" 'quo'\"'\"'te' 'sp ace' '$HOME' a%b", ShellQuoting.Join(["echo", "", "quo'te", "sp ace", "$HOME", "a%b"]));

    [Fact]
    public void Bytes_print_as_Python_prints_them() => Assert.Equal(
        "[b'echo', b'', b\"quo'te\", b'%s\\n', b'\\xc3\\xbc']", PythonText.BytesList(["echo", "", "quo'te", "%s\n", "ü"]));
}
