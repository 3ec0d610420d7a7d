using System.Diagnostics.CodeAnalysis;

namespace Quern.Cli.Import;

/// <summary>
/// A file of <c>[section]</c> lines and <c>key=value</c> lines, as Branch's Python programs have them. Sections and keys are looked up in any
/// case; keys before the first section belong to the section with the empty name.
/// </summary>
internal sealed class IniFile
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    private IniFile() { }

    /// <summary>How many keys there are.</summary>
    public int Count => _values.Count;

    /// <param name="problem"><c>LINE: what is wrong</c>; null on success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out IniFile? file, [NotNullWhen(false)] out string? problem)
    {
        file = null;
        var read = new IniFile();
        string section = "";
        int number = 0;
        foreach (string raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            string line = raw.Trim();
            if (line.Length == 0 || line[0] is '#' or ';') continue;
            if (line[0] == '[' && line[^1] == ']')
            {
                section = line[1..^1].Trim();
                continue;
            }
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                problem = $"{number}: this is neither [section] nor key=value.";
                return false;
            }
            if (!read._values.TryAdd(Joined(section, line[..equals].Trim()), line[(equals + 1)..].Trim()))
            {
                problem = $"{number}: '{line[..equals].Trim()}' stands twice in its section.";
                return false;
            }
        }
        file = read;
        problem = null;
        return true;
    }

    /// <summary>The value of a key; null when it does not stand there.</summary>
    public string? Find(string section, string key) => _values.GetValueOrDefault(Joined(section, key));

    private static string Joined(string section, string key) => $"{section}\n{key}";
}
