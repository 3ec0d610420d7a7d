using Quern.Model;

namespace Quern.Storage;

/// <summary>A finished job that was started at least once and whose logs retention has not deleted.</summary>
/// <param name="Number">With <paramref name="FinishedAt"/> the place in the order of <see cref="FarmStore.ListKeptLogsAsync"/>.</param>
public readonly record struct KeptLog(JobId Job, long Number, DateTimeOffset FinishedAt);
