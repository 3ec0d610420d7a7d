using System.Collections.Immutable;
using Quern.Model;
using Quern.Pipelines;

namespace Quern.MasterHost.Api;

/// <summary>One run of a builder.</summary>
internal sealed record RunRequest
{
    /// <summary>Values of this run; those left out have the builder's defaults.</summary>
    public ImmutableSortedDictionary<string, string> Properties { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>What pages call the job; the builder's name when left out.</summary>
    public string? Title { get; init; }

    /// <summary>Instead of the builder's own.</summary>
    public int? Priority { get; init; }

    /// <summary>Sent again with the same key, a run is answered with the first result.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <param name="Next">Always null: a configuration holds few builders.</param>
internal sealed record BuilderPage(ImmutableArray<BuilderModel> Items, string? Next);

/// <summary>A builder as the API shows it.</summary>
internal sealed record BuilderModel
{
    public required string Name { get; init; }
    public required string Description { get; init; }

    /// <summary>Workers that may run it; empty for any.</summary>
    public required ImmutableArray<string> Workers { get; init; }

    public required ImmutableArray<string> Tags { get; init; }
    public required ImmutableArray<string> Locks { get; init; }
    public required int Priority { get; init; }
    public required ImmutableArray<PropertyModel> Properties { get; init; }
    public required ImmutableArray<BuilderStepModel> Steps { get; init; }

    public static BuilderModel Of(Builder builder) => new()
    {
        Name = builder.Name,
        Description = builder.Description,
        Workers = builder.Workers,
        Tags = builder.Tags,
        Locks = builder.Locks,
        Priority = builder.Priority,
        Properties = [.. builder.Properties.Select(p => new PropertyModel(p.Name, p.Default, p.Default is null, p.Choices, p.Description))],
        Steps = [.. builder.Steps.Select(BuilderStepModel.Of)],
    };
}

/// <param name="Default">Null when every run must say it.</param>
internal sealed record PropertyModel(string Name, string? Default, bool Required, ImmutableArray<string> Choices, string Description);

/// <param name="Kind">The key of the configuration that makes it, such as <c>run</c>.</param>
/// <param name="OnFailure"><c>fail</c>, <c>warn</c> or <c>ignore</c>.</param>
internal sealed record BuilderStepModel(string Name, string Kind, string? If, bool AlwaysRun, bool HaltOnFailure, string OnFailure, double? TimeoutSeconds)
{
    public static BuilderStepModel Of(BuilderStep step) => new(
        step.Name, step.Action.Kind, step.If, step.AlwaysRun, step.HaltOnFailure, step.OnFailure.ToString().ToLowerInvariant(), step.Timeout?.TotalSeconds);
}

/// <summary>What became of one step of a job.</summary>
/// <param name="Position">From 1, in the order of the plan.</param>
/// <param name="State"><c>running</c>, <c>succeeded</c>, <c>warnings</c>, <c>failed</c>, <c>skipped</c>, <c>cancelled</c> or <c>lost</c>.</param>
/// <param name="FirstLine">The first line of the job's log that belongs to it.</param>
/// <param name="Lines">How many lines belong to it; 0 while it runs.</param>
/// <param name="Logs">Names of followed files: <c>GET /api/v1/jobs/JOB/log?name=…</c>.</param>
internal sealed record StepModel(
    int Position, string Name, string State, int? ExitCode, string Reason, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, double? Seconds,
    long FirstLine, long Lines, ImmutableArray<string> Logs)
{
    public static StepModel Of(StepResult step) => new(
        step.Position, step.Name, step.State.Word(), step.ExitCode, step.Reason, step.StartedAt, step.FinishedAt,
        step is { StartedAt: { } started, FinishedAt: { } finished } ? Math.Round((finished - started).TotalSeconds, 3) : null,
        step.FirstLine, step.Lines, step.Logs);
}
