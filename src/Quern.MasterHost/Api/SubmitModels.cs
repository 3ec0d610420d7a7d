using System.Collections.Immutable;
using Quern.Model;

namespace Quern.MasterHost.Api;

/// <summary>Jobs to take, all or none.</summary>
internal sealed record SubmitRequest
{
    public required ImmutableArray<JobRequest> Jobs { get; init; }

    /// <summary>A title: the jobs become one batch. Null leaves explicit plans loose.</summary>
    public string? Batch { get; init; }

    public bool ContinueOnFailure { get; init; }

    /// <summary>Sent again with the same key, a submission is answered with the first result.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>One job: exactly one of <see cref="Recipe"/> and <see cref="Plan"/>.</summary>
internal sealed record JobRequest
{
    public RecipeRequest? Recipe { get; init; }

    public Plan? Plan { get; init; }

    public string? Title { get; init; }

    /// <summary>At most one job of a builder runs on one worker at a time.</summary>
    public string? Builder { get; init; }

    /// <summary>Only these workers may run it; empty means any.</summary>
    public ImmutableArray<string> Workers { get; init; } = [];

    public int Priority { get; init; }

    /// <summary>Ids or numbers of jobs that must end first, or <c>@INDEX</c> of a job of the same request, from 0.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];
}

internal sealed record RecipeRequest
{
    public required string Name { get; init; }

    /// <summary>Null for the newest.</summary>
    public int? Revision { get; init; }

    /// <summary><c>release</c> (also when left out) or <c>cross</c>.</summary>
    public string? Environment { get; init; }

    /// <summary>As <c>uname -m</c> prints it; left out means the master's own.</summary>
    public string? Architecture { get; init; }

    /// <summary>False: dependencies that have not been built are not queued too.</summary>
    public bool WithDependencies { get; init; } = true;
}

/// <param name="Jobs">In the order of the request; dependencies that were queued too come after them.</param>
internal sealed record SubmitAnswer(ImmutableArray<SubmittedModel> Jobs, string? Batch);

internal sealed record SubmittedModel(string Id, long Number, string Title);

/// <summary>An ordered batch: each step begins when the step before has succeeded.</summary>
internal sealed record BatchRequest
{
    public required ImmutableArray<ImmutableArray<string>> Steps { get; init; }
    public string? Title { get; init; }
    public string? Environment { get; init; }
    public string? Architecture { get; init; }
    public bool ContinueOnFailure { get; init; }

    /// <summary>Only says what would be built; unknown packages are listed and not refused.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What a batch would build.</summary>
/// <param name="Steps">In order, without the empty ones.</param>
/// <param name="Unknown">Names without a recipe.</param>
/// <param name="Doubts">One sentence for each build that needs what the batch builds no earlier.</param>
internal sealed record BatchPlanAnswer(
    int Packages, ImmutableArray<ImmutableArray<string>> Steps, ImmutableArray<string> Unknown, ImmutableArray<string> Doubts);

/// <param name="Counts">Jobs by state.</param>
internal sealed record BatchModel(string Id, ImmutableSortedDictionary<string, int> Counts, ImmutableArray<JobModel> Jobs);

internal sealed record RebuildRequest
{
    public bool DryRun { get; init; }

    /// <summary>Null: each package in its own class.</summary>
    public string? Environment { get; init; }

    public string? Architecture { get; init; }
    public bool ContinueOnFailure { get; init; }
}

/// <param name="Layers">What can be built at the same time, in order.</param>
/// <param name="Batch">Null after a dry run.</param>
internal sealed record RebuildAnswer(
    int Packages, int KnownPackages, ImmutableArray<ImmutableArray<string>> Layers, ImmutableArray<string> Cycles,
    ImmutableArray<string> UnknownDependencies, string? Batch, ImmutableArray<SubmittedModel> Jobs);
