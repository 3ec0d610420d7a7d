using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>What the dispatcher needs to know to choose a worker.</summary>
public sealed record ReadyJob
{
    public required JobId Id { get; init; }
    public required long Number { get; init; }
    public required string Title { get; init; }
    public required string Pool { get; init; }
    public required string Builder { get; init; }
    public required int Priority { get; init; }
    public required PackageName? Package { get; init; }
    public required BuildEnvironment Environment { get; init; }
    public required string Architecture { get; init; }
    public required DateTimeOffset ReadyAt { get; init; }

    /// <summary>Names of the locks that it must get.</summary>
    public ImmutableArray<string> Locks { get; init; } = [];
}
