using System.Collections.Immutable;

namespace Quern.WorkerHost;

/// <summary>A command line taken apart as <c>getopt</c> of Python does it: options end at the first word that is none.</summary>
internal sealed class ParsedOptions
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private ParsedOptions(CommandSpec spec)
    {
        foreach (var option in spec.Options)
            if (option.Default is not null) _values[option.Name] = option.Default;
    }

    /// <summary>Words after the options.</summary>
    public ImmutableArray<string> Words { get; private set; } = [];

    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The value given last, or the default; null when there is neither.</summary>
    public string? Value(string name) => _values.GetValueOrDefault(name);

    /// <summary>Null with the words of Python's getopt when an option is wrong.</summary>
    public static ParsedOptions? TryParse(CommandSpec spec, ReadOnlySpan<string> arguments, out string problem)
    {
        var result = new ParsedOptions(spec);
        problem = "";
        int i = 0;
        for (; i < arguments.Length && arguments[i] is ['-', _, ..] word; i++)
        {
            if (word == "--")
            {
                i++;
                break;
            }
            problem = word.StartsWith("--", StringComparison.Ordinal)
                ? result.TakeLong(spec, word[2..], arguments, ref i)
                : result.TakeShort(spec, word[1..], arguments, ref i);
            if (problem.Length > 0) return null;
        }
        result.Words = [.. arguments[i..]];
        return result;
    }

    private string TakeLong(CommandSpec spec, string word, ReadOnlySpan<string> arguments, ref int at)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? word : word[..equals];
        string? value = equals < 0 ? null : word[(equals + 1)..];
        var candidates = spec.Options.Where(o => o.Name.StartsWith(name, StringComparison.Ordinal)).ToList();
        var option = candidates.Find(o => o.Name == name) ?? (candidates.Count == 1 ? candidates[0] : null);
        if (option is null) return candidates.Count == 0 ? $"option --{name} not recognized" : $"option --{name} not a unique prefix";
        if (!option.TakesValue)
        {
            if (value is not null) return $"option --{option.Name} must not have an argument";
            _values[option.Name] = "";
            return "";
        }
        if (value is null && ++at == arguments.Length) return $"option --{option.Name} requires argument";
        _values[option.Name] = value ?? arguments[at];
        return "";
    }

    private string TakeShort(CommandSpec spec, string letters, ReadOnlySpan<string> arguments, ref int at)
    {
        for (int i = 0; i < letters.Length; i++)
        {
            char letter = letters[i];
            if (spec.Options.FirstOrDefault(o => o.Letter == letter) is not { } option) return $"option -{letter} not recognized";
            if (!option.TakesValue)
            {
                _values[option.Name] = "";
                continue;
            }
            if (i + 1 < letters.Length) _values[option.Name] = letters[(i + 1)..];
            else if (++at == arguments.Length) return $"option -{letter} requires argument";
            else _values[option.Name] = arguments[at];
            return "";
        }
        return "";
    }
}
