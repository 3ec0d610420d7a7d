using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Scheduling.Matching;

/// <summary>A connected worker and its places.</summary>
/// <param name="Tags">Facts like <c>arch=x86_64</c> and <c>env=release</c>, and plain tags like <c>big</c>.</param>
/// <param name="FreeSlots">Places that could take a job now; never negative.</param>
/// <param name="Slots">All places, busy ones too.</param>
/// <param name="BusyBuilders">Builders that have a job on the worker.</param>
public sealed record WorkerOffer(WorkerName Name, ImmutableHashSet<string> Tags, int FreeSlots, int Slots, ImmutableArray<string> BusyBuilders)
{
    /// <summary>What a worker counts as that has not measured itself: as slow as any.</summary>
    public const double Unrated = 100;

    /// <summary>How long it takes for a fixed piece of work, by its own account: less is faster. Decides among workers with as many free places.</summary>
    public double Rating { get; init; } = Unrated;

    /// <summary>Whether it takes whole recipes and no plans.</summary>
    public bool RecipesOnly { get; init; }

    /// <summary>Whether it is to have plans alone, because recipes go to others.</summary>
    public bool PlansOnly { get; init; }

    /// <summary>Whether it can have that kind of job at all.</summary>
    public bool CanDo(ReadyCandidate job) => job.IsRecipe ? !PlansOnly : !RecipesOnly;
}
