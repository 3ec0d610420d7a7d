using System.Collections.Immutable;

namespace Quern.Packaging.Debian;

/// <summary>Reads apt's two source formats (sources.list(5)): one-line <c>.list</c> and deb822 <c>.sources</c>. Pure but for <see cref="ReadMachine"/>.</summary>
public static class AptSources
{
    /// <summary>What this machine's apt is configured with; unreadable files are left out.</summary>
    public static ImmutableArray<AptEntry> ReadMachine(string folder = "/etc/apt")
    {
        var entries = ImmutableArray.CreateBuilder<AptEntry>();
        if (Read(Path.Combine(folder, "sources.list")) is { } list) entries.AddRange(ParseList(list));
        string parts = Path.Combine(folder, "sources.list.d");
        if (!Directory.Exists(parts)) return entries.ToImmutable();
        foreach (string file in Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal))
        {
            if (file.EndsWith(".list", StringComparison.Ordinal) && Read(file) is { } one) entries.AddRange(ParseList(one));
            if (file.EndsWith(".sources", StringComparison.Ordinal) && Read(file) is { } deb822) entries.AddRange(ParseDeb822(deb822));
        }
        return entries.ToImmutable();
    }

    /// <summary>Lines of <c>deb [option=value …] URI SUITE COMPONENT…</c>; anything else is left out.</summary>
    public static ImmutableArray<AptEntry> ParseList(string text)
    {
        var entries = ImmutableArray.CreateBuilder<AptEntry>();
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Split('#', 2)[0].Trim();
            string signedBy = "";
            int open = line.IndexOf('[', StringComparison.Ordinal), close = line.IndexOf(']', StringComparison.Ordinal);
            if (open >= 0 && close > open)
            {
                foreach (string option in Words(line[(open + 1)..close]))
                    if (option.StartsWith("signed-by=", StringComparison.OrdinalIgnoreCase)) signedBy = option["signed-by=".Length..];
                line = line[..open] + line[(close + 1)..];
            }
            string[] words = Words(line);
            if (words.Length < 3 || words[0] is not ("deb" or "deb-src")) continue;
            entries.Add(new AptEntry(words[1], words[2], [.. words[3..]], signedBy));
        }
        return entries.ToImmutable();
    }

    /// <summary>Stanzas with <c>Types</c>, <c>URIs</c>, <c>Suites</c>, <c>Components</c>; disabled ones are left out.</summary>
    public static ImmutableArray<AptEntry> ParseDeb822(string text)
    {
        var entries = ImmutableArray.CreateBuilder<AptEntry>();
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string? last = null;
        foreach (string raw in text.Split('\n').Append(""))
        {
            string line = raw.TrimEnd();
            if (line.StartsWith('#')) continue;
            if (line.Length == 0)
            {
                AddStanza(fields, entries);
                fields.Clear();
                last = null;
            }
            else if (line[0] is ' ' or '\t')
            {
                if (last is not null) fields[last] += "\n" + line.Trim();
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                last = line[..colon];
                fields[last] = line[(colon + 1)..].Trim();
            }
        }
        return entries.ToImmutable();
    }

    private static void AddStanza(Dictionary<string, string> fields, ImmutableArray<AptEntry>.Builder entries)
    {
        string Field(string name) => fields.GetValueOrDefault(name, "");
        if (Field("Enabled") is "no" or "false" or "0") return;
        foreach (string uri in Words(Field("URIs")))
            foreach (string suite in Words(Field("Suites")))
                entries.Add(new AptEntry(uri, suite, [.. Words(Field("Components"))], Field("Signed-By")));
    }

    private static string[] Words(string text) =>
        text.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);

    private static string? Read(string path)
    {
        try { return File.Exists(path) ? File.ReadAllText(path) : null; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }
}
