using System.Collections.Immutable;
using Quern.Pipelines;

namespace Quern.MasterHost.Api;

/// <summary>The builders of the configuration.</summary>
internal sealed class BuilderShelf(ImmutableArray<Builder> builders)
{
    private readonly ImmutableSortedDictionary<string, Builder> _byName = builders.ToImmutableSortedDictionary(b => b.Name, b => b, StringComparer.Ordinal);

    /// <summary>By name.</summary>
    public IEnumerable<Builder> All => _byName.Values;

    public Builder? Find(string name) => _byName.GetValueOrDefault(name);
}
