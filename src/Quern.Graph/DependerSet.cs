using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Graph;

/// <summary>All packages that need one package to be built, directly or through others; itself not among them.</summary>
/// <param name="Release">Those built in the release environment; nearest first, then by name.</param>
/// <param name="Cross">Those built in the cross environment; nearest first, then by name.</param>
public sealed record DependerSet(ImmutableArray<PackageName> Release, ImmutableArray<PackageName> Cross)
{
    public static DependerSet Empty { get; } = new([], []);

    public int Count => Release.Length + Cross.Length;
}
