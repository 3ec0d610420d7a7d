using System.Text;

namespace Quern.WorkerHost;

/// <summary>Help in the layout of Twisted's option parser, which scripts and people know.</summary>
internal static class UsageText
{
    public static string Of(CommandSpec spec, int width)
    {
        var text = new StringBuilder();
        text.Append("Usage:    ").Append(spec.Synopsis).Append("\nOptions:\n");
        // One row each, in the order of their letters where they have one, else of their names.
        var options = spec.Options
            .OrderBy(o => o.Letter is { } l ? l.ToString() : o.Name, StringComparer.Ordinal)
            .Select(o => (
                First: $"  {(o.Letter is { } l ? $"-{l}," : "   ")} --{o.Name}{(o.TakesValue ? "=" : "")}",
                Second: o.TakesValue && o.Default is not null ? $"{o.Help} [default: {o.Default}]" : o.Help)).ToList();
        Rows(text, options, "  -s, --".Length + options.Max(o => o.First.Length - "  -s, --".Length) + 2, width);
        if (spec.Description.Length > 0) text.Append('\n').AppendJoin('\n', Wrap(spec.Description, width)).Append('\n');
        if (spec.Name.Length == 0)
        {
            text.Append("Commands:\n");
            var commands = BuildbotCommands.All.OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => (First: $"    {c.Name}", Second: c.Summary)).ToList();
            Rows(text, commands, commands.Max(c => c.First.Length) + 6, width);
        }
        return text.ToString();
    }

    private static void Rows(StringBuilder text, List<(string First, string Second)> rows, int column, int width)
    {
        foreach (var (first, second) in rows)
        {
            string lead = first.PadRight(column);
            foreach (string line in Wrap(second, width - column))
            {
                text.Append(lead).Append(line).Append('\n');
                lead = new string(' ', column);
            }
        }
    }

    /// <summary>Breaks at blanks, and after a hyphen within a word; at least one line.</summary>
    private static List<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        foreach (string piece in Pieces(text))
        {
            if (line.Length > 0 && line.Length + piece.TrimEnd().Length > width)
            {
                lines.Add(line.ToString().TrimEnd());
                line.Clear();
            }
            line.Append(piece);
        }
        lines.Add(line.ToString().TrimEnd());
        return lines;
    }

    private static IEnumerable<string> Pieces(string text)
    {
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool hyphen = text[i] == '-' && i > start && i + 1 < text.Length && char.IsLetter(text[i - 1]) && char.IsLetter(text[i + 1]);
            if (text[i] != ' ' && !hyphen) continue;
            yield return text[start..(i + 1)];
            start = i + 1;
        }
        yield return text[start..];
    }
}
