using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>Everything a page shows of a job.</summary>
public sealed record JobRow
{
    public required JobId Id { get; init; }

    /// <summary>From 1, unique, never used again.</summary>
    public required long Number { get; init; }

    public required string Title { get; init; }
    public required PackageName? Package { get; init; }
    public required int? RecipeRevision { get; init; }
    public required BuildEnvironment Environment { get; init; }
    public required string Architecture { get; init; }
    public required string Pool { get; init; }
    public required string Builder { get; init; }
    public required int Priority { get; init; }

    /// <summary>Names of the locks that it holds while it runs.</summary>
    public required ImmutableArray<string> Locks { get; init; }

    public required JobState State { get; init; }

    /// <summary>Why it failed, was skipped or cancelled, what it waits for, or what it warns of; empty when there is nothing to say.</summary>
    public required string Reason { get; init; }

    /// <summary>How often it was started; 0 before the first time.</summary>
    public required int Attempt { get; init; }

    /// <summary>How often it was lost.</summary>
    public required int Lost { get; init; }

    /// <summary>The worker of the newest attempt; null before the first.</summary>
    public required WorkerName? Worker { get; init; }

    public required string Place { get; init; }

    /// <summary>The process that ran the newest attempt; empty before the first.</summary>
    public required string Node { get; init; }

    public required BatchId? Batch { get; init; }
    public required Actor Requester { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its last need ended; null while blocked.</summary>
    public required DateTimeOffset? ReadyAt { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset? FinishedAt { get; init; }
    public required JobLogFacts Log { get; init; }

    /// <summary>When retention deleted its logs; null while they are kept.</summary>
    public required DateTimeOffset? LogDeletedAt { get; init; }

    /// <summary>What it made; null without an artifact.</summary>
    public required ProducedArtifact? Artifact { get; init; }

    public required int? ExitCode { get; init; }

    /// <summary>The step that failed, or empty.</summary>
    public required string FailedStep { get; init; }

    /// <summary>It succeeded although a step failed.</summary>
    public required bool Warnings { get; init; }

    /// <summary>Someone asked to cancel it while it ran.</summary>
    public required bool CancelRequested { get; init; }
}
