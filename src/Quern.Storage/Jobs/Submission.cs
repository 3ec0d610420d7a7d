using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>Jobs that are stored together or not at all.</summary>
/// <param name="Jobs">1 to <see cref="MaxJobs"/> jobs, in any order.</param>
public sealed record Submission(ImmutableArray<NewJob> Jobs)
{
    public const int MaxJobs = 100_000;

    /// <summary>The batch they form; null for loose jobs.</summary>
    public BatchId? Batch { get; init; }

    public string BatchTitle { get; init; } = "";

    /// <summary>A failed need does not skip its dependers: they run once all their needs have ended.</summary>
    public bool ContinueOnFailure { get; init; }

    /// <summary>The caller's own name for this submission: sent again, it is answered with the first result. 1 to 200 characters.</summary>
    public string? IdempotencyKey { get; init; }
}
