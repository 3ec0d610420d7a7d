using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>A job as the API shows it.</summary>
internal sealed record JobModel
{
    public required string Id { get; init; }
    public required long Number { get; init; }
    public required string Title { get; init; }
    public required string State { get; init; }

    /// <summary>Why it failed, was skipped or waits; empty when there is nothing to say.</summary>
    public required string Reason { get; init; }

    /// <summary>Null for an explicit plan and for a builder.</summary>
    public required string? Package { get; init; }

    public required int? Revision { get; init; }
    public required string Environment { get; init; }
    public required string Architecture { get; init; }
    public required string Pool { get; init; }
    public required string Builder { get; init; }
    public required int Priority { get; init; }

    /// <summary>Locks that it holds while it runs.</summary>
    public required ImmutableArray<string> Locks { get; init; }

    public required int Attempt { get; init; }
    public required int Lost { get; init; }
    public required string? Worker { get; init; }
    public required string? Batch { get; init; }
    public required string Requester { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset? ReadyAt { get; init; }
    public required DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset? FinishedAt { get; init; }

    /// <summary>From start to finish of the newest attempt; null before it finished.</summary>
    public required double? Seconds { get; init; }

    public required int? ExitCode { get; init; }
    public required string FailedStep { get; init; }

    /// <summary>It succeeded although a step failed; the reason says which.</summary>
    public required bool Warnings { get; init; }

    public required bool CancelRequested { get; init; }
    public required long LogLines { get; init; }
    public required long LogBytes { get; init; }

    /// <summary>When retention deleted the log; null while it is kept.</summary>
    public required DateTimeOffset? LogDeletedAt { get; init; }

    /// <summary>Null without an artifact.</summary>
    public required ArtifactModel? Artifact { get; init; }

    /// <summary>Ids of the jobs it needs; null in lists.</summary>
    public ImmutableArray<string>? Needs { get; init; }

    /// <summary>What it was given, for runs of builders; null in lists and for other jobs.</summary>
    public ImmutableSortedDictionary<string, string>? Properties { get; init; }

    /// <summary>The steps of its newest attempt that have begun or were left out; null in lists.</summary>
    public ImmutableArray<StepModel>? Steps { get; init; }

    public static JobModel Of(JobRow row) => new()
    {
        Id = row.Id.ToString(),
        Number = row.Number,
        Title = row.Title,
        State = row.State.Word(),
        Reason = row.Reason,
        Package = row.Package?.Value,
        Revision = row.RecipeRevision,
        Environment = Words.Of(row.Environment),
        Architecture = row.Architecture,
        Pool = row.Pool,
        Builder = row.Builder,
        Priority = row.Priority,
        Locks = row.Locks,
        Attempt = row.Attempt,
        Lost = row.Lost,
        Worker = row.Worker?.Value,
        Batch = row.Batch?.ToString(),
        Requester = row.Requester.Name,
        CreatedAt = row.CreatedAt,
        ReadyAt = row.ReadyAt,
        StartedAt = row.StartedAt,
        FinishedAt = row.FinishedAt,
        Seconds = row is { StartedAt: { } started, FinishedAt: { } finished } ? Math.Round((finished - started).TotalSeconds, 3) : null,
        ExitCode = row.ExitCode,
        FailedStep = row.FailedStep,
        Warnings = row.Warnings,
        CancelRequested = row.CancelRequested,
        LogLines = row.Log.Lines,
        LogBytes = row.Log.Bytes,
        LogDeletedAt = row.LogDeletedAt,
        Artifact = row.Artifact is { } artifact ? new ArtifactModel(artifact.Sha256.Hex, artifact.Bytes) : null,
    };
}

internal sealed record ArtifactModel(string Sha256, long Bytes);

/// <param name="Next">What to give as <c>before</c> for the next page; null at the end.</param>
internal sealed record JobPage(ImmutableArray<JobModel> Items, long? Next);

internal sealed record CancelRequest(string? Reason = null);

/// <param name="Sentence">Why the job is where it is, for people.</param>
/// <param name="Details">What stands behind the sentence: needs, workers.</param>
internal sealed record WhyModel(string Job, long Number, string State, string Sentence, ImmutableArray<string> Details);

internal sealed record LogModel(long FirstLine, ImmutableArray<LogLineModel> Lines, long TotalLines, long NextLine, bool Complete)
{
    public static LogModel Of(LogPage page) => new(
        page.FirstLine, [.. page.Lines.Select(l => new LogLineModel(l.Number, l.Time, Words.Of(l.Stream), l.Text))], page.TotalLines, page.NextLine, page.Complete);
}

internal sealed record LogLineModel(long Number, DateTimeOffset Time, string Stream, string Text);
