using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>The keys of a recipe file, in the order in which a new file has them.</summary>
public static class RecipeKeys
{
    public const string Name = "name";
    public const string Version = "version";
    public const string Description = "description";
    public const string RealVersion = "real_version";
    public const string Source = "source";
    public const string ExtraSources = "extra_sources";
    public const string Dependencies = "dependencies";
    public const string BuildDependencies = "builddeps";
    public const string CrossDependencies = "crossdeps";
    public const string Build = "build";

    /// <summary>Quern's own: the SHA-256 of the source, then of each extra source that is an address.</summary>
    public const string Sha256 = "sha256";

    /// <summary>Quern's own: the architectures the recipe may be built on.</summary>
    public const string Architectures = "architectures";

    /// <summary>Quern's own: whether the build may reach the network, <c>yes</c> or <c>no</c>.</summary>
    public const string Network = "network";

    /// <summary>
    /// Quern's own: one line of the test script; the key stands once for each line. A block would not do: Branch programs do
    /// not know the key and would read the lines of the block as keys of the recipe.
    /// </summary>
    public const string Tests = "tests";

    /// <summary>Every key, in the order in which a new file has them.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        Name, Version, Description, RealVersion, Source, ExtraSources, Dependencies, BuildDependencies, CrossDependencies,
        Sha256, Architectures, Network, Tests, Build,
    ];

    private static readonly FrozenSet<string> Lists = FrozenSet.Create(
        StringComparer.Ordinal, ExtraSources, Dependencies, BuildDependencies, CrossDependencies, Sha256, Architectures);

    private static readonly FrozenSet<string> Own = FrozenSet.Create(StringComparer.Ordinal, Sha256, Architectures, Network, Tests);

    public static bool IsKnown(string key) => All.Contains(key);

    /// <summary>True for keys whose value has the form <c>[a][b]</c>.</summary>
    public static bool IsList(string key) => Lists.Contains(key);

    /// <summary>True for the keys that Branch programs do not know.</summary>
    public static bool IsQuernOnly(string key) => Own.Contains(key);

    /// <summary>The known key that a mistyped one most likely meant; null when none is near.</summary>
    public static string? Nearest(string key)
    {
        string typed = key.Trim();
        if (typed.Length is 0 or > 32) return null;
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string known in All)
        {
            int distance = Distance(typed, known);
            if (distance >= bestDistance || distance > Math.Max(1, known.Length / 3)) continue;
            (best, bestDistance) = (known, distance);
        }
        return best;
    }

    /// <summary>Edit distance without regard to case; both texts are short.</summary>
    private static int Distance(string left, string right)
    {
        Span<int> row = stackalloc int[right.Length + 1];
        for (int j = 0; j <= right.Length; j++) row[j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                bool same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                int cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }
        return row[right.Length];
    }
}
