using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Scheduling.Matching;

/// <summary>A job that could start now if a worker takes it.</summary>
/// <param name="Number">Running number; the lower goes first among equal priorities.</param>
/// <param name="Priority">The higher goes first.</param>
/// <param name="Pool">Which workers may run it, see <see cref="PoolRule"/>; empty for any.</param>
/// <param name="Builder">At most one job of a builder runs on a worker at a time; empty for no such bound.</param>
public sealed record ReadyCandidate(JobId Id, long Number, int Priority, string Pool, string Builder)
{
    /// <summary>Whether it builds a recipe, which a worker that takes whole recipes can do as well; else it is a plan.</summary>
    public bool IsRecipe { get; init; }

    /// <summary>Names of the locks that it must get to start.</summary>
    public ImmutableArray<string> Locks { get; init; } = [];
}
