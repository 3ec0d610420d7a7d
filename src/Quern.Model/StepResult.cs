using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>What became of one step in one attempt at a job.</summary>
/// <param name="Position">From 1, in the order of the plan.</param>
/// <param name="Name">As the plan calls it.</param>
/// <param name="State">Where it stands.</param>
public sealed record StepResult(int Position, string Name, StepState State)
{
    /// <summary>What its command ended with; null when there is none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>One sentence for people; empty when there is nothing to say.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Null when it was left out.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The first line of the job's log that belongs to it, from 1.</summary>
    public long FirstLine { get; init; }

    /// <summary>How many lines of the job's log belong to it; 0 while it runs.</summary>
    public long Lines { get; init; }

    /// <summary>Names of the logs of files that it followed.</summary>
    public ImmutableArray<string> Logs { get; init; } = [];
}
