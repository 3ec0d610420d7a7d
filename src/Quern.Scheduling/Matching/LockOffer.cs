using System.Collections.Immutable;

namespace Quern.Scheduling.Matching;

/// <summary>A lock of the farm.</summary>
/// <param name="Most">How many jobs may hold it at once.</param>
/// <param name="Holders">Numbers of the jobs that hold it.</param>
public sealed record LockOffer(string Name, int Most, ImmutableArray<long> Holders);
