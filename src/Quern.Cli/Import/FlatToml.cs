using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Quern.Cli.Import;

/// <summary>
/// The part of TOML that client configurations are written in: comments, tables, and keys with one text, whole number or truth value.
/// Everything else TOML knows is refused with its line, rather than read wrongly.
/// </summary>
internal sealed class FlatToml
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private FlatToml() { }

    /// <param name="problem"><c>LINE: what is wrong</c>; null on success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out FlatToml? file, [NotNullWhen(false)] out string? problem)
    {
        file = null;
        problem = null;
        var read = new FlatToml();
        var tables = new HashSet<string>(StringComparer.Ordinal);
        string table = "";
        int number = 0;
        foreach (string raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            string line = raw.TrimEnd('\r').Trim(' ', '\t');
            if (line.Length == 0 || line[0] == '#') continue;
            string? wrong = line[0] == '[' ? TableOf(line, tables, ref table) : read.Take(table, line);
            if (wrong is null) continue;
            problem = $"{number}: {wrong}";
            return false;
        }
        file = read;
        return true;
    }

    /// <summary>The value of a key as text; null when it does not stand there.</summary>
    /// <param name="table">Empty for keys before the first table.</param>
    public string? Find(string table, string key) => _values.GetValueOrDefault($"{table}.{key}");

    private static string? TableOf(string line, HashSet<string> tables, ref string table)
    {
        if (line.StartsWith("[[", StringComparison.Ordinal)) return "a list of tables is not read here.";
        int end = line.IndexOf(']', StringComparison.Ordinal);
        if (end < 0 || !IsEnd(line[(end + 1)..])) return "this is no table like [master].";
        string name = line[1..end].Trim(' ', '\t');
        if (!IsBareKey(name)) return "the name of a table is read only when it has nothing but A-Z a-z 0-9 _ and -.";
        if (!tables.Add(name)) return $"the table '{name}' stands twice.";
        table = name;
        return null;
    }

    private string? Take(string table, string line)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0) return "this is neither [table] nor key = value.";
        string key = line[..equals].Trim(' ', '\t');
        if (!IsBareKey(key)) return "a key is read only when it has nothing but A-Z a-z 0-9 _ and -.";
        if (ValueOf(line[(equals + 1)..].TrimStart(' ', '\t'), out string value) is { } wrong) return $"{key}: {wrong}";
        return _values.TryAdd($"{table}.{key}", value) ? null : $"'{key}' stands twice.";
    }

    /// <summary>What is wrong with the text behind an equals sign; null when it is a value.</summary>
    private static string? ValueOf(string text, out string value)
    {
        value = "";
        if (text.StartsWith("\"\"\"", StringComparison.Ordinal) || text.StartsWith("'''", StringComparison.Ordinal)) return "a text of several lines is not read here.";
        if (text.StartsWith('"')) return Quoted(text, out value);
        if (text.StartsWith('\''))
        {
            int end = text.IndexOf('\'', 1);
            if (end < 0) return "the text has no end.";
            value = text[1..end];
            if (value.Any(c => char.IsControl(c) && c != '\t')) return "the text holds a control character.";
            return IsEnd(text[(end + 1)..]) ? null : "something stands behind the text.";
        }
        if (text.StartsWith('[') || text.StartsWith('{')) return "lists and tables in a line are not read here.";
        int comment = text.IndexOf('#', StringComparison.Ordinal);
        value = (comment < 0 ? text : text[..comment]).TrimEnd(' ', '\t');
        if (value is "true" or "false") return null;
        bool whole = value.Length > 0 && value.All(c => char.IsAsciiDigit(c) || c is '-' or '+' or '_') &&
            long.TryParse(value.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        if (!whole) return "a text in quotes, a whole number, true or false is expected.";
        value = value.Replace("_", "", StringComparison.Ordinal).TrimStart('+');
        return null;
    }

    private static string? Quoted(string text, out string value)
    {
        var read = new StringBuilder();
        value = "";
        for (int i = 1; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"')
            {
                value = read.ToString();
                return IsEnd(text[(i + 1)..]) ? null : "something stands behind the text.";
            }
            if (char.IsControl(c) && c != '\t') return "the text holds a control character.";
            if (c != '\\')
            {
                read.Append(c);
                continue;
            }
            if (++i == text.Length) break;
            int digits = text[i] switch { 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                if (i + digits >= text.Length || !int.TryParse(text.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code) || !Rune.IsValid(code))
                    return "a \\u in the text is no character.";
                read.Append(new Rune(code));
                i += digits;
                continue;
            }
            int known = "btnfr\"\\".IndexOf(text[i], StringComparison.Ordinal);
            if (known < 0) return $"'\\{text[i]}' in the text is no escape of TOML.";
            read.Append("\b\t\n\f\r\"\\"[known]);
        }
        return "the text has no end.";
    }

    private static bool IsEnd(string rest) => rest.TrimStart(' ', '\t') is "" or ['#', ..];

    private static bool IsBareKey(string key) => key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
