using System.Globalization;
using System.Text;

namespace Quern.Peers.Recipes;

/// <summary>
/// The difference of two texts in the unified form. The shortest edit is found by Myers' algorithm; its memory grows with the
/// square of the number of changed lines, so texts that differ in more than <see cref="MaxEdits"/> lines are shown as
/// one block replaced by another.
/// </summary>
public static class RecipeDiff
{
    /// <summary>Lines removed and added that are searched for; 1,000 cost about 4 MB for a moment.</summary>
    public const int MaxEdits = 1_000;

    private const int Context = 3;

    private enum Edit
    {
        Keep,
        Remove,
        Add,
    }

    private readonly record struct Step(Edit Edit, int Old, int New);

    /// <summary>Unified diff with line feeds; empty when the texts have the same lines.</summary>
    public static string Unified(string oldText, string newText, string oldLabel, string newLabel)
    {
        string[] before = Lines(oldText), after = Lines(newText);
        var steps = Compare(before, after);
        var text = new StringBuilder();
        for (int i = 0; i < steps.Count; i++)
        {
            if (steps[i].Edit == Edit.Keep) continue;
            int start = Math.Max(0, i - Context);
            int end = EndOfHunk(steps, i);
            if (text.Length == 0) text.Append("--- ").Append(oldLabel).Append("\n+++ ").Append(newLabel).Append('\n');
            AppendHunk(text, steps.GetRange(start, end - start), before, after);
            i = end - 1;
        }
        return text.ToString();
    }

    /// <summary>One past the last line of the hunk: changes with up to twice the context between them stand together.</summary>
    private static int EndOfHunk(List<Step> steps, int first)
    {
        int lastChange = first;
        for (int i = first; i < steps.Count && i - lastChange <= 2 * Context; i++)
            if (steps[i].Edit != Edit.Keep) lastChange = i;
        return Math.Min(steps.Count, lastChange + Context + 1);
    }

    private static void AppendHunk(StringBuilder text, List<Step> hunk, string[] before, string[] after)
    {
        int oldCount = hunk.Count(s => s.Edit != Edit.Add), newCount = hunk.Count(s => s.Edit != Edit.Remove);
        text.Append(CultureInfo.InvariantCulture, $"@@ -{Range(hunk[0].Old, oldCount)} +{Range(hunk[0].New, newCount)} @@\n");
        foreach (var step in hunk)
        {
            text.Append(step.Edit switch { Edit.Keep => ' ', Edit.Remove => '-', _ => '+' });
            text.Append(step.Edit == Edit.Add ? after[step.New] : before[step.Old]).Append('\n');
        }
    }

    /// <summary>An empty range names the line before it.</summary>
    private static string Range(int start, int count) => count == 0 ? $"{start},0" : count == 1 ? $"{start + 1}" : $"{start + 1},{count}";

    private static List<Step> Compare(string[] before, string[] after)
    {
        int head = 0;
        while (head < before.Length && head < after.Length && before[head] == after[head]) head++;
        int tail = 0;
        while (tail < before.Length - head && tail < after.Length - head && before[^(tail + 1)] == after[^(tail + 1)]) tail++;

        var steps = new List<Step>();
        for (int i = 0; i < head; i++) steps.Add(new Step(Edit.Keep, i, i));
        steps.AddRange(CompareMiddle(before.AsSpan(head, before.Length - head - tail), after.AsSpan(head, after.Length - head - tail))
            .Select(s => new Step(s.Edit, s.Old + head, s.New + head)));
        for (int i = tail; i > 0; i--) steps.Add(new Step(Edit.Keep, before.Length - i, after.Length - i));
        return steps;
    }

    private static List<Step> CompareMiddle(ReadOnlySpan<string> before, ReadOnlySpan<string> after)
    {
        // furthest[k + offset]: how far in the old text a path on diagonal k (old minus new) has come; one copy per round.
        int most = Math.Min(before.Length + after.Length, MaxEdits);
        var furthest = new int[(2 * most) + 3];
        int offset = most + 1;
        var rounds = new List<int[]>();
        for (int d = 0; d <= most; d++)
        {
            rounds.Add(furthest[(offset - d)..(offset + d + 1)]);
            for (int k = -d; k <= d; k += 2)
            {
                bool down = k == -d || (k != d && furthest[k - 1 + offset] < furthest[k + 1 + offset]);
                int x = down ? furthest[k + 1 + offset] : furthest[k - 1 + offset] + 1;
                while (x < before.Length && x - k < after.Length && before[x] == after[x - k]) x++;
                furthest[k + offset] = x;
                if (x >= before.Length && x - k >= after.Length) return WalkBack(rounds, before.Length, after.Length);
            }
        }
        var steps = new List<Step>();
        for (int i = 0; i < before.Length; i++) steps.Add(new Step(Edit.Remove, i, 0));
        for (int i = 0; i < after.Length; i++) steps.Add(new Step(Edit.Add, before.Length, i));
        return steps;
    }

    private static List<Step> WalkBack(List<int[]> rounds, int x, int y)
    {
        var steps = new List<Step>();
        for (int d = rounds.Count - 1; d > 0; d--)
        {
            // What round d started from: diagonals -d to d, of which the outermost two were not reached yet.
            var from = rounds[d];
            int k = x - y;
            bool down = k == -d || (k != d && from[k - 1 + d] < from[k + 1 + d]);
            int previousK = down ? k + 1 : k - 1;
            int previousX = from[previousK + d], previousY = previousX - previousK;
            while (x > previousX && y > previousY) steps.Add(new Step(Edit.Keep, --x, --y));
            steps.Add(down ? new Step(Edit.Add, x, --y) : new Step(Edit.Remove, --x, y));
        }
        while (x > 0 && y > 0) steps.Add(new Step(Edit.Keep, --x, --y));
        steps.Reverse();
        return steps;
    }

    private static string[] Lines(string text)
    {
        if (text.Length == 0) return [];
        string[] lines = text.Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}
