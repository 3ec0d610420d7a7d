using System.Text.RegularExpressions;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Estate;

/// <summary>Rights that are given away: their form, and that nobody gives more than they have.</summary>
internal static partial class Grants
{
    /// <summary>Words of one role or token.</summary>
    public const int MaxWords = 64;

    private const int MaxWord = 100;

    /// <summary>What is wrong with a word; null when it gives something.</summary>
    /// <param name="ofGroups">Whether it stands in a role of groups, which holds in the group where it is given.</param>
    public static string? Problem(string word, bool ofGroups)
    {
        if (word.Length > MaxWord) return $"A right has at most {MaxWord} characters.";
        int at = word.IndexOf('@', StringComparison.Ordinal);
        string plain = at < 0 ? word : word[..at];
        if (at >= 0 && ofGroups) return $"'{plain}' is given within the group of whoever has the role; leave '@' out.";
        if (at >= 0 && AccountRules.GroupName(word[(at + 1)..]) is { } group) return $"Behind '{plain}@': {group}";
        if (!WordPattern().IsMatch(plain)) return "A right is 'area:action', 'area:*', '*:action' or '*', with '@GROUP' behind it if it is for one group.";
        if (Right.Known.Any(r => RightWords.Gives(plain, r, null))) return null;
        return $"There is no right '{plain}'.{Suggestion.For(plain, Right.Known)}";
    }

    /// <summary>The first right of these that the caller has not; null when all may be given.</summary>
    /// <param name="group">Where they are to hold; null for the whole farm, or where the word itself says.</param>
    public static string? FirstBeyond(Caller who, IEnumerable<string> words, string? group = null)
    {
        foreach (string word in words)
        {
            int at = word.IndexOf('@', StringComparison.Ordinal);
            // A pattern is asked for as it stands: 'job:*' is had by who has it or more, not by who has every right that it gives today.
            if (!(at < 0 ? who.May(word, group) : who.May(word[..at], word[(at + 1)..]))) return word;
        }
        return null;
    }

    /// <summary>Whether the caller's token allows what its account may do by nature, such as looking at itself.</summary>
    public static bool OwnAllows(Caller who, string right) =>
        who.Principal.Account.Length > 0 && (who.Principal with { Rights = [Right.All] }).May(right);

    [GeneratedRegex(@"^(\*|(\*|[a-z][a-z-]*):(\*|[a-z][a-z-]*))\z")]
    private static partial Regex WordPattern();
}
