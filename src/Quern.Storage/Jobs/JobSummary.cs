using Quern.Model;

namespace Quern.Storage;

/// <summary>A package job in a few words.</summary>
/// <param name="Package">Its name.</param>
public sealed record JobSummary(JobId Id, long Number, string Package, JobState State, Actor Requester);
