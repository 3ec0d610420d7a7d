using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Storage;

/// <summary>One job to submit.</summary>
public sealed record NewJob
{
    public required JobId Id { get; init; }

    /// <summary>What pages call it, for instance <c>zlib release</c>.</summary>
    public required string Title { get; init; }

    /// <summary>The package whose recipe it builds; null for an explicit plan.</summary>
    public PackageName? Package { get; init; }

    /// <summary>The recipe's revision; null with a package means the newest at the time of submission.</summary>
    public int? RecipeRevision { get; init; }

    public BuildEnvironment Environment { get; init; }

    /// <summary>As <c>uname -m</c> prints it; empty means any.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>The explicit plan; null when the planner makes it from the recipe.</summary>
    public Plan? Plan { get; init; }

    /// <summary>A requirement key that the dispatcher understands; empty means any worker.</summary>
    public string Pool { get; init; } = "";

    /// <summary>At most one job of a builder runs on one worker at a time; empty means no such limit.</summary>
    public string Builder { get; init; } = "";

    /// <summary>Names of the locks that it holds while it runs; each at most once.</summary>
    public ImmutableArray<string> Locks { get; init; } = [];

    /// <summary>Higher runs first; among equals the lower number.</summary>
    public int Priority { get; init; }

    /// <summary>Jobs of the same submission or known ones that must end first.</summary>
    public ImmutableArray<JobId> Needs { get; init; } = [];
}
