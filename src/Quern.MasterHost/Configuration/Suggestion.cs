namespace Quern.MasterHost.Configuration;

/// <summary>Guesses what was meant by a mistyped word.</summary>
public static class Suggestion
{
    /// <summary>A sentence that begins with a blank, or empty when nothing is near.</summary>
    public static string For(string typed, IEnumerable<string> known) =>
        Nearest(typed, known) is { } word ? $" Did you mean '{word}'?" : "";

    /// <summary>The known word that is nearest; null when none is near.</summary>
    public static string? Nearest(string typed, IEnumerable<string> known)
    {
        if (typed.Length is 0 or > 64) return null;
        if (BuildbotWords.Meaning(typed, known) is { } translated) return translated;
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string word in known)
        {
            int distance = Distance(typed, word);
            if (distance >= bestDistance || distance > Math.Max(2, word.Length / 3) || distance >= word.Length) continue;
            (best, bestDistance) = (word, distance);
        }
        return best;
    }

    /// <summary>Edits between two short words, where swapping two neighbours is one edit and case does not matter.</summary>
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }

    private static bool Same(char x, char y) => char.ToLowerInvariant(x) == char.ToLowerInvariant(y);
}
