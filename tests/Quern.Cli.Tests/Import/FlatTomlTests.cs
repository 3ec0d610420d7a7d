using FsCheck;
using FsCheck.Fluent;
using Quern.Cli.Import;

namespace Quern.Cli.Tests.Import;

public sealed class FlatTomlTests
{
    [Theory]
    [InlineData("a = \"x # y\" # z", "x # y")]
    [InlineData("a='C:\\x'", "C:\\x")]
    [InlineData("a = \"\\u00e9\\U0001F600\\t\\\"\\\\\"", "é😀\t\"\\")]
    [InlineData("a = 27_015", "27015")]
    [InlineData("a = +7 # port", "7")]
    [InlineData("a = -1", "-1")]
    [InlineData("a = true", "true")]
    [InlineData("\ta\t=\t\"\"\r", "")]
    [InlineData("\uFEFF# first\n\na = 1", "1")]
    public void A_key_with_one_value_is_read(string text, string value)
    {
        Assert.True(FlatToml.TryParse(text, out var file, out string? problem), problem);
        Assert.Equal(value, file.Find("", "a"));
    }

    [Fact]
    public void Keys_belong_to_the_table_above_them()
    {
        Assert.True(FlatToml.TryParse("name = \"top\"\n[master] # the old one\nname = \"m\"\n[ client ]\nname = \"c\"\n", out var file, out _));

        Assert.Equal(("top", "m", "c", null), (file.Find("", "name"), file.Find("master", "name"), file.Find("client", "name"), file.Find("other", "name")));
    }

    [Theory]
    [InlineData("a = 1\n[[x]]", "2: a list of tables is not read here.")]
    [InlineData("[a.b]", "1: the name of a table is read only")]
    [InlineData("[a]\n[a]", "2: the table 'a' stands twice.")]
    [InlineData("[a] b", "1: this is no table")]
    [InlineData("[a", "1: this is no table")]
    [InlineData("a.b = 1", "1: a key is read only")]
    [InlineData("\"a\" = 1", "1: a key is read only")]
    [InlineData("a", "1: this is neither")]
    [InlineData("a = 1\n\na = 2", "3: 'a' stands twice.")]
    [InlineData("a = [1, 2]", "1: a: lists and tables in a line are not read here.")]
    [InlineData("a = {b = 1}", "1: a: lists and tables in a line are not read here.")]
    [InlineData("a = \"\"\"x\n\"\"\"", "1: a: a text of several lines")]
    [InlineData("a = '''x'''", "1: a: a text of several lines")]
    [InlineData("a = 1.5", "1: a: a text in quotes")]
    [InlineData("a = 1979-05-27", "1: a: a text in quotes")]
    [InlineData("a = x", "1: a: a text in quotes")]
    [InlineData("a =", "1: a: a text in quotes")]
    [InlineData("a = 99999999999999999999", "1: a: a text in quotes")]
    [InlineData("a = \"x", "1: a: the text has no end.")]
    [InlineData("a = \"x\\", "1: a: the text has no end.")]
    [InlineData("a = 'x", "1: a: the text has no end.")]
    [InlineData("a = \"x\" y", "1: a: something stands behind the text.")]
    [InlineData("a = 'x' y", "1: a: something stands behind the text.")]
    [InlineData("a = \"\\q\"", "1: a: '\\q' in the text is no escape of TOML.")]
    [InlineData("a = \"\\ud800\"", "1: a: a \\u in the text is no character.")]
    [InlineData("a = \"\\u12\"", "1: a: a \\u in the text is no character.")]
    [InlineData("a = \"x\u0001\"", "1: a: the text holds a control character.")]
    public void Everything_else_of_toml_is_refused_with_its_line(string text, string problem)
    {
        Assert.False(FlatToml.TryParse(text, out _, out string? found));
        Assert.StartsWith(problem, found, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_makes_it_throw() => Check.QuickThrowOnFailure(Prop.ForAll<string[]>(parts =>
    {
        string text = string.Concat(parts.Select(p => p ?? "").Zip("= \"\\[]\n'#u".Select(c => c.ToString()).Concat(Enumerable.Repeat("\n", 100)), (a, b) => a + b));
        return FlatToml.TryParse(text, out var file, out string? problem) ? file is not null : problem is { Length: > 0 };
    }));
}
