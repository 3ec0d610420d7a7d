using System.Collections.Immutable;
using Quern.Scheduling.Matching;

namespace Quern.Storage;

/// <summary>A lock and who has it.</summary>
/// <param name="Holders">Numbers of the running jobs that hold it; may exceed <paramref name="Most"/> for a while after that was lowered.</param>
public sealed record LockStanding(string Name, int Most, ImmutableArray<long> Holders)
{
    /// <summary>The lock in the scheduler's words.</summary>
    public LockOffer ToOffer() => new(Name, Most, Holders);
}
