using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Quern.Model;

namespace Quern.Archives;

/// <summary><c>leaf.pkg</c>, what a package says of itself (Branch, section "build environment").</summary>
public sealed record LeafFile(string Name, string Version, string RealVersion, string Description, ImmutableArray<PackageName> Dependencies)
{
    private const int MaxDescription = 10_000;
    private const int MaxDependencies = 4_096;

    /// <summary>Reads lines <c>key=value</c>, the list as <c>[a][b]</c>. Unknown keys are passed over, of a repeated one the last counts.</summary>
    /// <param name="why">What is wrong, as the end of a sentence; null on success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out LeafFile? leaf, [NotNullWhen(false)] out string? why)
    {
        leaf = null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
            if (line.Split('=', 2) is [var key, var value]) values[key] = value.TrimEnd('\r');
        string Value(string key) => values.GetValueOrDefault(key, "");
        string description = Value("description");
        if (description.Length > MaxDescription || description.Any(char.IsControl))
        {
            why = "the description in its leaf.pkg is too long or has control characters";
            return false;
        }
        if (!TryList(Value("dependencies"), out var dependencies))
        {
            why = "the dependencies in its leaf.pkg are no list of package names like [a][b]";
            return false;
        }
        leaf = new LeafFile(Value("name"), Value("version"), Value("real_version"), description, dependencies);
        why = null;
        return true;
    }

    private static bool TryList(string value, out ImmutableArray<PackageName> names)
    {
        var found = ImmutableArray.CreateBuilder<PackageName>();
        names = [];
        while (value.Length > 0)
        {
            int end = value.IndexOf(']', StringComparison.Ordinal);
            if (value[0] != '[' || end < 0 || found.Count == MaxDependencies) return false;
            // The original writes an empty item for an empty list.
            if (end > 1)
            {
                if (!PackageName.TryParse(value[1..end], out var name)) return false;
                found.Add(name);
            }
            value = value[(end + 1)..];
        }
        names = [.. found.Distinct()];
        return true;
    }
}
