using Quern.Model;

namespace Quern.Storage;

/// <summary>A wish to run one ready job on one working place.</summary>
/// <param name="Job">The job.</param>
/// <param name="Worker">Who is to run it.</param>
/// <param name="Place">The working place on the worker.</param>
/// <param name="Node">The process that holds the worker's link and renews the lease.</param>
/// <param name="LeaseUntil">When the job counts as lost unless renewed.</param>
public sealed record Claim(JobId Job, WorkerName Worker, string Place, string Node, DateTimeOffset LeaseUntil);
