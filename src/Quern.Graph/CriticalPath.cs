using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Graph;

/// <summary>The chain of builds that takes longest; with any number of workers a plan is not done sooner.</summary>
/// <param name="Packages">From the first build to the last; each needs the one before it.</param>
public sealed record CriticalPath(ImmutableArray<PackageName> Packages, TimeSpan Total)
{
    public static CriticalPath Empty { get; } = new([], TimeSpan.Zero);
}
