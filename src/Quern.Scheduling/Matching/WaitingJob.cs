using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Scheduling.Matching;

/// <summary>A job that is queued, with the jobs it waits for.</summary>
/// <param name="Needs">All its needs; those that have succeeded are no reason to wait.</param>
public sealed record WaitingJob(ReadyCandidate Job, ImmutableArray<WaitingNeed> Needs);

/// <summary>A job that another waits for.</summary>
/// <param name="Title">What it builds, for people: the package's name.</param>
public sealed record WaitingNeed(string Title, long Number, JobState State);
