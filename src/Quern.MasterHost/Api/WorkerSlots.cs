using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Changes how many jobs a worker runs at once while the farm runs and the worker stays connected.</summary>
internal sealed class WorkerSlots(FarmStore store, WorkerPool pool)
{
    /// <summary>More at once is no use to a worker, and each is a folder and an object there.</summary>
    public const int Max = 1024;

    /// <summary>
    /// Keeps and applies the number. Jobs that run on the worker are never stopped: with fewer slots, no new job starts until
    /// enough of them have ended. False when no such worker may join.
    /// </summary>
    public async Task<bool> ChangeAsync(WorkerName name, int slots, Actor who, CancellationToken cancellationToken)
    {
        var account = (await store.ListWorkersAsync(cancellationToken)).FirstOrDefault(a => a.Name == name);
        if (account is null) return false;
        if (account.Slots != slots && !await store.SetWorkerSlotsAsync(name, slots, who, cancellationToken)) return false;
        pool.SetSlots(name, slots);
        return true;
    }
}
