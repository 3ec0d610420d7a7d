using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>Which jobs to list; members left out do not restrict.</summary>
public sealed record JobFilter
{
    /// <summary>Empty means all states.</summary>
    public ImmutableArray<JobState> States { get; init; } = [];

    public PackageName? Package { get; init; }

    public BatchId? Batch { get; init; }

    public string? Builder { get; init; }

    /// <summary>Only jobs with a lower number: the last of the page before.</summary>
    public long? BeforeNumber { get; init; }

    /// <summary>1 to 1000.</summary>
    public int Limit { get; init; } = 50;
}
