using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Scheduling.Matching;

/// <summary>A connected worker and its places.</summary>
/// <param name="Tags">Facts like <c>arch=x86_64</c> and <c>env=release</c>, and plain tags like <c>big</c>.</param>
/// <param name="FreeSlots">Places that could take a job now; never negative.</param>
/// <param name="Slots">All places, busy ones too.</param>
/// <param name="BusyBuilders">Builders that have a job on the worker.</param>
public sealed record WorkerOffer(WorkerName Name, ImmutableHashSet<string> Tags, int FreeSlots, int Slots, ImmutableArray<string> BusyBuilders);
