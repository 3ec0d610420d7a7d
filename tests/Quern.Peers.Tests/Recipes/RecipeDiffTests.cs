using Quern.Peers.Recipes;
using Xunit;

namespace Quern.Peers.Tests.Recipes;

public sealed class RecipeDiffTests
{
    [Fact]
    public void Equal_texts_have_no_difference() => Assert.Equal("", RecipeDiff.Unified("a\nb\n", "a\nb", "old", "new"));

    [Fact]
    public void A_changed_line_stands_between_its_neighbours()
    {
        string diff = RecipeDiff.Unified("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\nfive\n6\n7\n8\n9", "revision 1", "revision 2");

        Assert.Equal("--- revision 1\n+++ revision 2\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n", diff);
    }

    [Fact]
    public void Changes_far_apart_are_two_hunks()
    {
        string before = string.Join('\n', Enumerable.Range(1, 40));

        string diff = RecipeDiff.Unified(before, before.Replace("\n5\n", "\n", StringComparison.Ordinal) + "\nend", "a", "b");

        Assert.Equal("--- a\n+++ b\n@@ -2,7 +2,6 @@\n 2\n 3\n 4\n-5\n 6\n 7\n 8\n@@ -38,3 +37,4 @@\n 38\n 39\n 40\n+end\n", diff);
    }

    [Fact]
    public void An_empty_text_against_a_full_one_adds_all() =>
        Assert.Equal("--- a\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n", RecipeDiff.Unified("", "x\ny", "a", "b"));

    [Fact]
    public void Applying_the_difference_gives_the_new_text()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            string[] before = [.. Enumerable.Range(0, random.Next(30)).Select(_ => $"l{random.Next(6)}")];
            string[] after = [.. Enumerable.Range(0, random.Next(30)).Select(_ => $"l{random.Next(6)}")];

            string diff = RecipeDiff.Unified(string.Join('\n', before), string.Join('\n', after), "a", "b");

            Assert.True(after.SequenceEqual(Apply(before, diff)), $"seed {seed}\n{diff}");
            int changed = diff.Split('\n').Skip(2).Count(l => l.StartsWith('-') || l.StartsWith('+'));
            Assert.Equal(before.Length + after.Length - (2 * CommonLength(before, after)), changed);
        }
    }

    [Fact]
    public void Texts_with_too_many_changes_are_replaced_as_a_whole()
    {
        string before = string.Join('\n', Enumerable.Range(0, 3_000).Select(i => $"a{i}"));
        string after = string.Join('\n', Enumerable.Range(0, 3_000).Select(i => $"b{i}"));

        string diff = RecipeDiff.Unified(before, after, "a", "b");

        Assert.StartsWith("--- a\n+++ b\n@@ -1,3000 +1,3000 @@\n-a0\n", diff, StringComparison.Ordinal);
        Assert.Equal(after.Split('\n'), Apply(before.Split('\n'), diff));
    }

    private static List<string> Apply(string[] before, string diff)
    {
        var result = new List<string>();
        int at = 0;
        foreach (string line in diff.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            if (line.StartsWith("@@", StringComparison.Ordinal))
            {
                string[] range = line.Split(' ')[1][1..].Split(',');
                int start = int.Parse(range[0], null) - (range.Length > 1 && range[1] == "0" ? 0 : 1);
                while (at < start) result.Add(before[at++]);
            }
            else if (line[0] == '+') result.Add(line[1..]);
            else
            {
                Assert.Equal(before[at++], line[1..]);
                if (line[0] == ' ') result.Add(line[1..]);
            }
        }
        result.AddRange(before[at..]);
        return result;
    }

    private static int CommonLength(string[] a, string[] b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
            for (int j = 1; j <= b.Length; j++)
                table[i, j] = a[i - 1] == b[j - 1] ? table[i - 1, j - 1] + 1 : Math.Max(table[i - 1, j], table[i, j - 1]);
        return table[a.Length, b.Length];
    }
}
