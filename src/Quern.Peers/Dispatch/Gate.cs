using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data.Common;
using Microsoft.Extensions.Logging;
using Quern.Model;
using Quern.Scheduling.Matching;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>
/// Owns the worker links: matches ready jobs with working places, runs them, and reports how they ended. The rules
/// decide what to try; the database decides who wins.
/// </summary>
/// <remarks>
/// Life: <see cref="StartAsync"/> once, then <see cref="Attach"/> for every link, <see cref="DisposeAsync"/> at the end.
/// Jobs that still run then are left to their leases: they become lost and run again.
/// </remarks>
public sealed partial class Gate(
    FarmStore store,
    LogStore logs,
    WorkerPool pool,
    PlanRunner runner,
    IRecipeRoad recipes,
    GateOptions options,
    TimeProvider time,
    ILogger<Gate> logger) : IAsyncDisposable
{
    /// <summary>Ready jobs of one pool that one round looks at, at most: what a busy builder may have at the front of the queue.</summary>
    private const int MaxDepth = 16_384;

    /// <summary>How soon the store is asked again after it failed.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Doorbell _doorbell = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<JobId, RunningJob> _running = new();

    /// <summary>Watches over links, one per attached link; entries leave when their link has closed.</summary>
    private readonly ConcurrentDictionary<IWorkerLink, Task> _links = new();

    /// <summary>Set by StartAsync, awaited by DisposeAsync.</summary>
    private Task _loops = Task.CompletedTask;

    public WorkerPool Pool => pool;

    /// <summary>Declares this node's earlier jobs lost and starts the loops.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        int lost = await store.RecoverNodeAsync(options.Node, "the gate was restarted; its workers' commands ended with the old connection", cancellationToken);
        if (lost > 0) Log.JobsRecovered(logger, lost);
        long from = store.LastSequence;
        _loops = Task.WhenAll(
            Task.Run(() => DispatchAsync(_stopping.Token), CancellationToken.None),
            Task.Run(() => WatchJournalAsync(from, _stopping.Token), CancellationToken.None),
            Task.Run(() => RenewAsync(_stopping.Token), CancellationToken.None));
        _doorbell.Ring();
    }

    /// <summary>Takes a described link in; it is watched until it closes.</summary>
    public void Attach(IWorkerLink link) => _links[link] = Task.Run(() => WatchLinkAsync(link));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var link in _links.Keys) link.Close("the master stops");
        await Task.WhenAll([_loops, .. _links.Values, .. _running.Values.Select(r => r.Done)]);
        _stopping.Dispose();
    }

    private async Task WatchLinkAsync(IWorkerLink link)
    {
        var worker = link.Description.Name;
        try
        {
            pool.Join(link);
            await RememberAsync(worker, "connected", link.Description.Protocol, link.Description);
            Log.WorkerConnected(logger, worker, link.Description.Protocol);
            _doorbell.Ring();
            string reason = await link.Closed;
            pool.Leave(link);
            Log.WorkerDisconnected(logger, worker, reason);
            await RememberAsync(worker, "disconnected", reason, null);
        }
        finally
        {
            pool.Leave(link);
            await link.DisposeAsync();
            _links.TryRemove(link, out _);
        }
    }

    /// <summary>Keeps that a worker came or went. That the store cannot take it is no reason to send the worker away.</summary>
    private async Task RememberAsync(WorkerName worker, string kind, string reason, WorkerDescription? description)
    {
        try
        {
            await store.SaveWorkerEventAsync(worker, kind, reason, description, CancellationToken.None);
        }
        catch (Exception e) when (e is DbException or IOException or ObjectDisposedException)
        {
            Log.WorkerEventNotStored(logger, worker, kind, e);
        }
    }

    private async Task DispatchAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await _doorbell.WaitAsync(stopping);
                while (await DispatchOnceAsync(stopping)) { }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The store may be away for a while (PostgreSQL restarts); nothing is claimed meanwhile.
                Log.DispatchFailed(logger, e);
                await Task.Delay(Retry, time, CancellationToken.None);
                _doorbell.Ring();
            }
        }
    }

    /// <summary>One round. True when it claimed something, so that another round may find more.</summary>
    private async Task<bool> DispatchOnceAsync(CancellationToken stopping)
    {
        var offers = Offers(out int free);
        if (free == 0) return false;
        var (ready, assignments) = await ChooseAsync(offers, free, stopping);
        if (assignments.IsEmpty) return false;
        var seats = TakeSeats(assignments, ready);
        if (seats.Count == 0) return false;

        var until = time.GetUtcNow() + options.Lease;
        bool any = false;
        try
        {
            var won = await store.ClaimAsync(
                [.. seats.Select(s => new Claim(s.Key, s.Value.Worker, s.Value.Place, options.Node, until))], stopping);
            foreach (var job in won)
            {
                if (!seats.Remove(job.Id, out var seat)) continue;
                any = true;
                Run(job, seat);
            }
            return any;
        }
        finally
        {
            // What another gate won, or what was cancelled in between.
            foreach (var seat in seats.Values) pool.Release(seat);
        }
    }

    /// <summary>
    /// Looks at the front of the queue first, and deeper while places stay free: jobs at the front may all wait for one
    /// builder that is busy everywhere, and must not keep others from running.
    /// </summary>
    private async Task<(ImmutableArray<ReadyJob> Ready, ImmutableArray<Assignment> Assignments)> ChooseAsync(
        ImmutableArray<WorkerOffer> offers, int free, CancellationToken stopping)
    {
        for (int depth = free * 4; ; depth *= 8)
        {
            var ready = await store.ReadyJobsAsync(depth, stopping);
            var assignments = JobMatching.Choose([.. ready.Select(j => new ReadyCandidate(j.Id, j.Number, j.Priority, j.Pool, j.Builder))], offers);
            if (assignments.Length >= free || ready.Length < depth || depth >= MaxDepth) return (ready, assignments);
        }
    }

    private Dictionary<JobId, Seat> TakeSeats(ImmutableArray<Assignment> assignments, ImmutableArray<ReadyJob> ready)
    {
        var builders = ready.ToDictionary(j => j.Id, j => j.Builder);
        var seats = new Dictionary<JobId, Seat>();
        foreach (var assignment in assignments)
        {
            // The link may have closed since the standings were read.
            if (pool.TryTake(assignment.Worker, builders[assignment.Job]) is { } seat) seats.Add(assignment.Job, seat);
        }
        return seats;
    }

    private ImmutableArray<WorkerOffer> Offers(out int free)
    {
        var offers = ImmutableArray.CreateBuilder<WorkerOffer>();
        free = 0;
        foreach (var standing in pool.Standings())
        {
            int left = standing.Slots - standing.Busy;
            if (left <= 0) continue;
            free += left;
            offers.Add(standing.ToOffer());
        }
        return offers.DrainToImmutable();
    }
}
