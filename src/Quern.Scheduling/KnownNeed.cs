using Quern.Model;

namespace Quern.Scheduling;

/// <summary>A need outside a submission, as the store knows it.</summary>
public sealed record KnownNeed(JobId Id, long Number, string Title, JobState State);
