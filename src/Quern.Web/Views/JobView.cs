using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Web.Views;

/// <summary>A job as pages show it.</summary>
public sealed record JobView
{
    public required JobId Id { get; init; }
    public required long Number { get; init; }
    public required string Title { get; init; }

    /// <summary>Empty for an explicit plan.</summary>
    public required string Package { get; init; }

    public required JobState State { get; init; }
    public required string Reason { get; init; }

    /// <summary>Empty before the first attempt.</summary>
    public required string Worker { get; init; }

    public required string Requester { get; init; }
    public required int Attempt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How long the newest attempt ran, until now when it still runs; null before it started.</summary>
    public required TimeSpan? Elapsed { get; init; }

    /// <summary>It succeeded although a step failed.</summary>
    public required bool Warnings { get; init; }

    /// <summary>The steps of its newest attempt; empty in lists.</summary>
    public ImmutableArray<StepView> Steps { get; init; } = [];

    public required long LogLines { get; init; }

    /// <summary>When retention deleted the log; null while it is kept.</summary>
    public required DateTimeOffset? LogDeletedAt { get; init; }

    /// <summary>The artifact's SHA-256; empty without one.</summary>
    public required string Artifact { get; init; }

    public required long ArtifactBytes { get; init; }
}
