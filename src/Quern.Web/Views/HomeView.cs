using System.Collections.Immutable;

namespace Quern.Web.Views;

/// <summary>The first page, drawn from one snapshot.</summary>
public sealed record HomeView
{
    public required ImmutableArray<(string State, long Count)> Counts { get; init; }
    public required ImmutableArray<JobView> Running { get; init; }
    public required ImmutableArray<JobView> Failed { get; init; }
    public required ImmutableArray<JobView> Recent { get; init; }
    public required ImmutableArray<WorkerView> Workers { get; init; }
    public required long Packages { get; init; }
}
