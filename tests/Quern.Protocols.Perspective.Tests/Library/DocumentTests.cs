using Quern.Protocols.Perspective.Codec;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Library;

/// <summary>Holds <c>docs/protocols/perspective.md</c> to its word: every example in it is bytes and what they mean.</summary>
public sealed class DocumentTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "protocols", "perspective.md"));

    /// <summary>Lines of the blocks marked <c>banana</c>.</summary>
    public static TheoryData<string, string> Examples { get; } = ReadExamples();

    [Fact]
    public void The_page_has_examples_of_every_layer()
    {
        Assert.True(Examples.Count >= 35, $"only {Examples.Count} examples");
        foreach (string word in (string[])["~version", "~reference", "~message", "~decref", "\"pb\"", "unicode"])
            Assert.Contains(Examples, row => row.Data.Item2.Contains(word, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Examples))]
    public void An_example_means_what_stands_beside_it(string hex, string meaning) => Assert.Equal(meaning, BananaText.Of(Wire.Hex(hex)));

    [Fact]
    public void The_vocabulary_of_the_page_is_ours()
    {
        string list = Page[Page.IndexOf("31 tokens:", StringComparison.Ordinal)..];
        string[] words = list[10..list.IndexOf(". A sender", StringComparison.Ordinal)].Split(',', StringSplitOptions.TrimEntries);

        Assert.Equal(31, words.Length);
        for (int i = 1; i <= words.Length; i++)
        {
            Assert.True(PbVocabulary.TryGetToken(i, out var token));
            Assert.Equal($"{i} {System.Text.Encoding.ASCII.GetString(token.Span)}", words[i - 1].Replace("\n", " ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_limits_of_the_page_are_ours()
    {
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"strings of {BananaLimits.MaxStringBytes:N0} bytes"), Page, StringComparison.Ordinal);
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"lists of {BananaLimits.MaxListItems:N0} elements"), Page, StringComparison.Ordinal);
        Assert.Contains($"{BananaLimits.MaxPrefixBytes} digits", Page, StringComparison.Ordinal);
        Assert.Contains($"nest {BananaLimits.MaxDepth} deep", Page, StringComparison.Ordinal);
    }

    private static TheoryData<string, string> ReadExamples()
    {
        var examples = new TheoryData<string, string>();
        bool inside = false;
        foreach (string line in Page.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) inside = line == "```banana";
            else if (inside && line.Split(" = ", 2) is [var hex, var meaning]) examples.Add(hex, meaning);
            else if (inside) throw new InvalidDataException($"'{line}' is no example");
        }
        return examples;
    }
}
