using System.Collections.Frozen;
using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Branch;

/// <summary>The repository for leaf at one moment. Immutable.</summary>
public sealed class LeafShelf
{
    private readonly FrozenDictionary<PackageName, ImmutableArray<LeafEntry>> _versions;

    private LeafShelf(FrozenDictionary<PackageName, ImmutableArray<LeafEntry>> versions)
    {
        _versions = versions;
        Newest = [.. versions.OrderBy(v => v.Key).Select(v => v.Value[^1])];
    }

    /// <summary>The newest version of every package, by name.</summary>
    public ImmutableArray<LeafEntry> Newest { get; }

    /// <summary>The versions of a package, oldest first by number; empty for one that is not there.</summary>
    public ImmutableArray<LeafEntry> Versions(PackageName name) => _versions.GetValueOrDefault(name, []);

    /// <param name="versions">Smallest number first, at least one each.</param>
    internal static LeafShelf Of(IEnumerable<KeyValuePair<PackageName, ImmutableArray<LeafEntry>>> versions) =>
        new(versions.ToFrozenDictionary());
}
