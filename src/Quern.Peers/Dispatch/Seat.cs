using Quern.Model;

namespace Quern.Peers.Dispatch;

/// <summary>One working place of one connected worker, held by one job until it is given back to the pool.</summary>
/// <param name="Link">The connection that was current when the place was taken; it may be gone by now.</param>
/// <param name="Place">The folder below the worker's base directory: <c>slot-1</c>, or the job's builder.</param>
/// <param name="Builder">The builder that keeps others of its name off this worker; empty for none.</param>
public sealed record Seat(IWorkerLink Link, string Place, string Builder)
{
    public WorkerName Worker => Link.Description.Name;
}
