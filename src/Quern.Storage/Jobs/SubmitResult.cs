using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>What became of a submission.</summary>
public abstract record SubmitResult
{
    private SubmitResult() { }

    /// <summary>Stored; the jobs stand in the order of the submission.</summary>
    public sealed record Accepted(ImmutableArray<SubmittedJob> Jobs, BatchId? Batch) : SubmitResult;

    /// <summary>Nothing was stored.</summary>
    /// <param name="Reason">One sentence for people: an unknown need, a cycle, an id used twice.</param>
    public sealed record Refused(string Reason) : SubmitResult;
}

/// <summary>A stored job's two names.</summary>
public sealed record SubmittedJob(JobId Id, long Number);
