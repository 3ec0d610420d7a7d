namespace Quern.Model;

/// <summary>
/// What a word of a role or a token gives: <c>area:action</c> that right, <c>area:*</c> every right of an area, <c>*:action</c> that action in
/// every area, <c>*</c> everything; <c>WORD@GROUP</c> the same within one group and nowhere else.
/// </summary>
public static class RightWords
{
    /// <summary>The groups that some of these words are for.</summary>
    public static IEnumerable<string> GroupsIn(IEnumerable<string> words) =>
        words.Where(w => w.Contains('@', StringComparison.Ordinal)).Select(w => w[(w.IndexOf('@', StringComparison.Ordinal) + 1)..]).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <param name="right"><c>area:action</c>, as an endpoint names it.</param>
    /// <param name="group">The group that is acted on; null when it is none, or the whole farm.</param>
    public static bool Gives(string word, string right, string? group)
    {
        int at = word.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            if (group is null || !string.Equals(word[(at + 1)..], group, StringComparison.OrdinalIgnoreCase)) return false;
            word = word[..at];
        }
        if (word == Right.All || word == right) return true;
        return word.Split(':') is [var area, var action] && right.Split(':') is [var wantedArea, var wantedAction]
            && (area == "*" || area == wantedArea) && (action == "*" || action == wantedAction);
    }
}
