using System.Collections.Immutable;
using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quern.MasterHost.Configuration;

/// <summary>One mapping of the file, read key by key; what does not fit is told to the problem log with its place.</summary>
internal sealed class YamlSection
{
    private readonly YamlMappingNode _node;
    private readonly string _path;
    private readonly Dictionary<string, (YamlNode Key, YamlNode Value)> _entries = new(StringComparer.Ordinal);

    private YamlSection(YamlMappingNode node, string path, ProblemLog problems, string[] known)
    {
        (_node, _path, Problems) = (node, path, problems);
        foreach (var (key, value) in node.Children)
        {
            if (!problems.Visit(key.Start)) return;
            if (key is not YamlScalarNode { Value: { } name })
                problems.Add(key.Start, $"a key must be a plain word; {Allowed(known)}.");
            else if (!known.Contains(name))
                problems.Add(key.Start, $"unknown key '{name}'{In(path)}; {Allowed(known)}.{Suggestion.For(name, known)}");
            else
                _entries[name] = (key, value);
        }
    }

    public ProblemLog Problems { get; }

    public Mark Start => _node.Start;

    /// <summary>Where a key's value stands, or the section when the key is missing.</summary>
    public Mark At(string key) => _entries.TryGetValue(key, out var entry) ? entry.Value.Start : _node.Start;

    /// <summary>Reads a node as a mapping of the known keys; null, and a problem, when it is something else.</summary>
    public static YamlSection? Read(YamlNode node, string path, ProblemLog problems, params string[] known)
    {
        if (!problems.Visit(node.Start)) return null;
        problems.KnownKeys[path] = known;
        if (node is YamlMappingNode mapping) return new YamlSection(mapping, path, problems, known);
        problems.Add(node.Start, $"{Named(path)} must be a mapping; {Allowed(known)}.");
        return null;
    }

    public bool Has(string key) => _entries.ContainsKey(key);

    public YamlSection? Section(string key, params string[] known) =>
        _entries.TryGetValue(key, out var entry) ? Read(entry.Value, Full(key), Problems, known) : null;

    /// <summary>The sections of a list; those that are no mappings are problems and left out.</summary>
    public IEnumerable<YamlSection> Sections(string key, params string[] known)
    {
        int index = 0;
        foreach (var item in Items(key))
            if (Read(item, $"{Full(key)}[{index++}]", Problems, known) is { } section) yield return section;
    }

    /// <summary>A text of at least one character; null when the key is missing or, with a problem, is something else.</summary>
    public string? Text(string key, bool required = false)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            if (required) Problems.Add(_node.Start, $"{Named(_path)} needs the key '{key}'.");
            return null;
        }
        if (entry.Value is YamlScalarNode { Value: { Length: > 0 } text } scalar && !IsNull(scalar)) return text;
        Problems.Add(entry.Value.Start, $"'{Full(key)}' must be a text that is not empty.");
        return null;
    }

    public ImmutableArray<(string Text, Mark At)> Texts(string key)
    {
        var texts = ImmutableArray.CreateBuilder<(string, Mark)>();
        foreach (var item in Items(key))
        {
            if (item is YamlScalarNode { Value: { Length: > 0 } text }) texts.Add((text, item.Start));
            else Problems.Add(item.Start, $"'{Full(key)}' must be a list of texts.");
        }
        return texts.ToImmutable();
    }

    /// <summary>The value when it is a single one, also an empty one; null when the key is missing or holds a list or a mapping.</summary>
    public YamlScalarNode? Scalar(string key) => _entries.TryGetValue(key, out var entry) ? entry.Value as YamlScalarNode : null;

    public bool IsList(string key) => _entries.TryGetValue(key, out var entry) && entry.Value is YamlSequenceNode;

    /// <summary>The single values of a list; others are problems and left out.</summary>
    public ImmutableArray<YamlScalarNode> Scalars(string key)
    {
        var scalars = ImmutableArray.CreateBuilder<YamlScalarNode>();
        foreach (var item in Items(key))
        {
            if (item is YamlScalarNode scalar) scalars.Add(scalar);
            else Problems.Add(item.Start, $"'{Full(key)}' must be a list of texts.");
        }
        return scalars.ToImmutable();
    }

    /// <summary>The entries of a mapping whose keys are names of the user's own.</summary>
    public IEnumerable<(string Name, Mark At, YamlNode Value)> Entries(string key)
    {
        if (!_entries.TryGetValue(key, out var entry)) yield break;
        if (entry.Value is not YamlMappingNode mapping)
        {
            Problems.Add(entry.Value.Start, $"'{Full(key)}' must be a mapping of names to values.");
            yield break;
        }
        foreach (var (name, value) in mapping.Children)
        {
            if (!Problems.Visit(name.Start)) yield break;
            if (name is YamlScalarNode { Value: { Length: > 0 } text }) yield return (text, name.Start, value);
            else Problems.Add(name.Start, $"a name in '{Full(key)}' must be a plain word.");
        }
    }

    public int? Number(string key, int min, int max)
    {
        if (Text(key) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max) return number;
        Problems.Add(At(key), $"'{Full(key)}' must be a whole number from {min} to {max}, not '{text}'.");
        return null;
    }

    public bool? Flag(string key)
    {
        if (Text(key) is not { } text) return null;
        if (text is "true" or "false") return text == "true";
        Problems.Add(At(key), $"'{Full(key)}' must be true or false, not '{text}'.");
        return null;
    }

    /// <summary>A word out of a closed set.</summary>
    public string? Word(string key, params string[] words)
    {
        if (Text(key) is not { } text) return null;
        if (words.Contains(text)) return text;
        Problems.Add(At(key), $"'{Full(key)}' must be one of {string.Join(", ", words)}, not '{text}'.{Suggestion.For(text, words)}");
        return null;
    }

    /// <summary>A size: a whole number of bytes, or one with KiB, MiB, GiB or TiB.</summary>
    public long? Size(string key)
    {
        if (Text(key) is not { } text) return null;
        if (Quantities.TryParseSize(text, out long bytes)) return bytes;
        Problems.Add(At(key), $"'{Full(key)}' must be a size above 0 such as 500MiB or 64GiB, not '{text}'.");
        return null;
    }

    /// <summary>A time span in whole hours, days or weeks.</summary>
    public TimeSpan? Span(string key)
    {
        if (Text(key) is not { } text) return null;
        if (Quantities.TryParseSpan(text, out var span)) return span;
        Problems.Add(At(key), $"'{Full(key)}' must be a time such as 12h, 30d or 8w, not '{text}'.");
        return null;
    }

    /// <summary>A time span from one second: <c>90s</c>, <c>20m</c>, <c>2h</c>.</summary>
    public TimeSpan? Time(string key)
    {
        if (Text(key) is not { } text) return null;
        if (Quantities.TryParseTime(text, out var span)) return span;
        Problems.Add(At(key), $"'{Full(key)}' must be a time such as 90s, 20m or 2h, not '{text}'.");
        return null;
    }

    private IEnumerable<YamlNode> Items(string key)
    {
        if (!_entries.TryGetValue(key, out var entry)) yield break;
        if (entry.Value is not YamlSequenceNode list)
        {
            Problems.Add(entry.Value.Start, $"'{Full(key)}' must be a list.");
            yield break;
        }
        foreach (var item in list.Children)
        {
            if (!Problems.Visit(item.Start)) yield break;
            yield return item;
        }
    }

    private string Full(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    /// <summary>Nothing, <c>~</c> or <c>null</c> without quotes.</summary>
    public static bool IsNull(YamlScalarNode node) => node.Style == ScalarStyle.Plain && node.Value is "~" or "null" or "" or null;

    private static string Named(string path) => path.Length == 0 ? "the file" : $"'{path}'";

    private static string In(string path) => path.Length == 0 ? "" : $" in '{path}'";

    private static string Allowed(string[] known) => $"allowed: {string.Join(", ", known)}";
}
