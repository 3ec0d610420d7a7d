using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>What completing an attempt did.</summary>
public abstract record CompleteResult
{
    private CompleteResult() { }

    /// <summary>The outcome is stored.</summary>
    /// <param name="State">The job's state now; <see cref="JobState.Ready"/> when it was lost and runs again.</param>
    /// <param name="NowReady">Dependers that may run now.</param>
    /// <param name="NowSkipped">Dependers, also transitive ones, that never will.</param>
    public sealed record Applied(JobState State, ImmutableArray<JobId> NowReady, ImmutableArray<JobId> NowSkipped) : CompleteResult;

    /// <summary>The job is not running, or it is another attempt: nothing changed.</summary>
    public sealed record Stale : CompleteResult;
}
