namespace Quern.Execution;

/// <summary>One part of a file name pattern against one name, as Python's fnmatch.</summary>
internal static class GlobPattern
{
    /// <summary>Linear in both for each star: a star that failed is only ever widened, never tried again.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && MatchesOne(pattern[p..], name[n], out int length))
            {
                p += length;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }
        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }

    private static bool MatchesOne(ReadOnlySpan<char> pattern, char c, out int length)
    {
        length = 1;
        if (pattern[0] == '?') return true;
        if (pattern[0] != '[') return pattern[0] == c;

        bool negated = pattern.Length > 1 && pattern[1] == '!';
        int start = negated ? 2 : 1;
        int end = start < pattern.Length ? pattern[(start + 1)..].IndexOf(']') : -1;   // a bracket that comes first is a member
        if (end < 0) return c == '[';
        var members = pattern.Slice(start, end + 1);
        length = start + members.Length + 1;
        return Contains(members, c) != negated;
    }

    private static bool Contains(ReadOnlySpan<char> members, char c)
    {
        for (int i = 0; i < members.Length; i++)
        {
            if (i + 2 < members.Length && members[i + 1] == '-')
            {
                if (members[i] <= c && c <= members[i + 2]) return true;
                i += 2;
            }
            else if (members[i] == c)
            {
                return true;
            }
        }
        return false;
    }
}
