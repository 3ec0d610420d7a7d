using Quern.Model;

namespace Quern.Storage;

/// <summary>A job that a claim won, with all that is needed to run it.</summary>
public sealed record ClaimedJob
{
    public required JobId Id { get; init; }
    public required long Number { get; init; }
    public required string Title { get; init; }

    /// <summary>1 for the first attempt; named again when the job is completed.</summary>
    public required int Attempt { get; init; }

    public required WorkerName Worker { get; init; }
    public required string Place { get; init; }
    public required PackageName? Package { get; init; }
    public required int? RecipeRevision { get; init; }
    public required Plan? Plan { get; init; }
    public required BuildEnvironment Environment { get; init; }
    public required string Architecture { get; init; }
    public required string Pool { get; init; }
    public required string Builder { get; init; }
}
