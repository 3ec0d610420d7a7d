using System.Collections.Immutable;

namespace Quern.Scheduling.Matching;

/// <summary>
/// Decides which ready job goes to which worker now. Highest priority first, then lowest number; a job that finds no place
/// holds nobody back. Pure; the store decides whether an assignment still holds. Cost: one look per job, and per assignment
/// the logarithm of the number of workers.
/// </summary>
public static class JobMatching
{
    /// <param name="ready">In dispatch order, or in any order (then they are sorted).</param>
    /// <param name="offers">The workers and their places.</param>
    /// <param name="locks">The farm's locks; one that a job names and that is not here holds nobody back.</param>
    /// <param name="policy">Bounds; null for the default.</param>
    public static ImmutableArray<Assignment> Choose(
        IReadOnlyList<ReadyCandidate> ready, IReadOnlyList<WorkerOffer> offers, IReadOnlyCollection<LockOffer> locks, MatchingPolicy? policy = null)
    {
        policy ??= MatchingPolicy.Default;
        var places = new Places(offers, policy);
        var rooms = new LockRooms(locks);
        var chosen = ImmutableArray.CreateBuilder<Assignment>();
        foreach (var job in InOrder(ready))
        {
            if (places.FreeInAll == 0 || chosen.Count == policy.MaxAssignments) break;
            if (!rooms.Allow(job.Locks) || !places.TryTake(job, out int offer)) continue;
            rooms.Take(job.Locks);
            chosen.Add(new Assignment(job.Id, offers[offer].Name));
        }
        return chosen.ToImmutable();
    }

    /// <summary>As the other, for a farm without locks.</summary>
    public static ImmutableArray<Assignment> Choose(IReadOnlyList<ReadyCandidate> ready, IReadOnlyList<WorkerOffer> offers, MatchingPolicy? policy = null) =>
        Choose(ready, offers, [], policy);

    internal static IReadOnlyList<ReadyCandidate> InOrder(IReadOnlyList<ReadyCandidate> ready)
    {
        for (int i = 1; i < ready.Count; i++)
            if (Compare(ready[i - 1], ready[i]) > 0) return [.. ready.Order(Comparer<ReadyCandidate>.Create(Compare))];
        return ready;
    }

    private static int Compare(ReadyCandidate left, ReadyCandidate right) =>
        left.Priority != right.Priority ? right.Priority.CompareTo(left.Priority) : left.Number.CompareTo(right.Number);
}
