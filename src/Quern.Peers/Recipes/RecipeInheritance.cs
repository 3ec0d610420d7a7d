using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Recipes;

/// <summary>
/// A submission in Branch JSON cannot carry Quern's own keys. They come from the revision before, except the hash of a
/// source whose address changed: the old hash would refuse the new bytes.
/// </summary>
public static class RecipeInheritance
{
    /// <param name="submitted">A recipe without Quern's own keys.</param>
    /// <param name="previous">The newest revision so far; null when there is none.</param>
    /// <returns>The completed recipe, and one sentence for the journal for each key that was taken over or given up.</returns>
    public static (Recipe Recipe, ImmutableArray<string> Notes) Inherit(Recipe submitted, Recipe? previous)
    {
        if (previous is null) return (submitted, []);
        var notes = ImmutableArray.CreateBuilder<string>();
        var hashes = InheritHashes(submitted, previous, notes);
        if (!previous.Architectures.IsEmpty) notes.Add($"architectures taken from the previous revision: {string.Join(", ", previous.Architectures)}");
        if (previous.Network) notes.Add("network=yes taken from the previous revision");
        if (!previous.Tests.IsEmpty) notes.Add($"{previous.Tests.Length} lines of tests taken from the previous revision");
        var recipe = submitted with
        {
            Sha256 = hashes,
            Architectures = previous.Architectures,
            Network = previous.Network,
            Tests = previous.Tests,
        };
        return (recipe, notes.ToImmutable());
    }

    private static ImmutableArray<Sha256Hash?> InheritHashes(Recipe submitted, Recipe previous, ImmutableArray<string>.Builder notes)
    {
        var known = new Dictionary<string, Sha256Hash>(StringComparer.Ordinal);
        foreach (var source in RecipeSources.Of(previous))
            if (source.Sha256 is { } hash) known[source.Address] = hash;
        if (known.Count == 0) return [];

        var addresses = RecipeSources.Of(submitted).Select(s => s.Address).ToArray();
        foreach (string address in addresses)
            notes.Add(known.ContainsKey(address)
                ? $"sha256 of {address} taken from the previous revision"
                : $"no sha256 for {address}: the previous revision has none for this address; the first fetch is recorded");
        foreach (string gone in known.Keys.Except(addresses))
            notes.Add($"sha256 of {gone} given up: the recipe no longer names this address");
        var hashes = addresses.Select(a => known.TryGetValue(a, out var hash) ? hash : (Sha256Hash?)null).ToImmutableArray();
        return hashes.All(h => h is null) ? [] : hashes;
    }
}
