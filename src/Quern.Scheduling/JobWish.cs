using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Scheduling;

/// <summary>What the rules need to know of a job to be submitted.</summary>
public sealed record JobWish(JobId Id, string Title, ImmutableArray<JobId> Needs);
