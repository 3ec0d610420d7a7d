using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data.Common;
using Microsoft.Extensions.Logging;
using Quern.Model;
using Quern.Peers.Secrets;
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
    SecretFiles secrets,
    GateOptions options,
    TimeProvider time,
    ILogger<Gate> logger) : IAsyncDisposable
{
    /// <summary>Ready jobs of one pool that one round looks at, at most: what a busy builder may have at the front of the queue.</summary>
    private const int MaxDepth = 16_384;

    /// <summary>Ready jobs of one pool that a round looks at, at least: what it leaves is for the places that come free next.</summary>
    private const int MinDepth = 64;

    /// <summary>How soon the store is asked again after it failed.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Doorbell _doorbell = new();
    private readonly ReadyShelf _shelf = new();
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

    /// <summary>A worker that was not ready is ready again: there may be a job for it.</summary>
    public void Wake() => _doorbell.Ring();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var link in _links.Keys) link.Close("the master stops");
        await Task.WhenAll([_loops, .. _links.Values]);
        // A job that ended may have started the next one in that moment.
        while (!_running.IsEmpty) await Task.WhenAll(_running.Values.Select(r => r.Done));
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
            if (await Task.WhenAny(link.Closed, link.Leaving, pool.DismissedAsync(link)) != link.Closed) await SendHomeAsync(link);
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

    /// <summary>A worker that asked to go, or is sent, ends when its jobs have ended.</summary>
    private async Task SendHomeAsync(IWorkerLink link)
    {
        Log.WorkerLeaves(logger, link.Description.Name);
        await Task.WhenAny(pool.RetireAsync(link), link.Closed);
        if (!link.Closed.IsCompleted) await Task.WhenAny(link.ShutdownAsync(CancellationToken.None), link.Closed);
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

    private Task DispatchAsync(CancellationToken stopping) => RepeatAsync(
        async () =>
        {
            await _doorbell.WaitAsync(stopping);
            while (await DispatchOnceAsync(stopping)) { }
        },
        e =>
        {
            Log.DispatchFailed(logger, e);
            _doorbell.Ring();
        },
        stopping);

    /// <summary>Takes one step after the other until the gate stops. After one that failed it waits a moment: the store may be away for a while (PostgreSQL restarts).</summary>
    private async Task RepeatAsync(Func<Task> step, Action<Exception> failed, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await step();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                failed(e);
                await Task.Delay(Retry, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>One round. True when it claimed something, so that another round may find more.</summary>
    private async Task<bool> DispatchOnceAsync(CancellationToken stopping)
    {
        var offers = Offers(out int free);
        if (free == 0) return false;
        long look = _shelf.BeginLook();
        var (ready, assignments) = await ChooseAsync(offers, free, stopping);
        var seats = TakeSeats(assignments, ready);
        _shelf.Fill(ready, look);
        return await ClaimAsync(seats, stopping) > 0;
    }

    /// <summary>Gives what waits on the shelf to a worker that has a place free again; nothing when another look is needed.</summary>
    private Dictionary<JobId, Seat> TakeFromShelf(WorkerName worker) =>
        _shelf.Take(ready =>
        {
            if (pool.StandingOf(worker) is not { } standing || standing.Free == 0) return [];
            var seats = new Dictionary<JobId, Seat>();
            foreach (var assignment in JobMatching.Choose([.. ready.Select(Candidate)], [standing.ToOffer()]))
                if (pool.TryTake(worker, ready.First(j => j.Id == assignment.Job).Builder) is { } seat) seats.Add(assignment.Job, seat);
            return seats;
        });

    /// <summary>Claims jobs for the seats that were taken for them and starts what was won; answers how many.</summary>
    private async Task<int> ClaimAsync(Dictionary<JobId, Seat> seats, CancellationToken stopping)
    {
        if (seats.Count == 0) return 0;
        JobId[] asked = [.. seats.Keys];
        var until = time.GetUtcNow() + options.Lease;
        try
        {
            var won = await store.ClaimAsync(
                [.. seats.Select(s => new Claim(s.Key, s.Value.Worker, s.Value.Place, options.Node, until))], stopping);
            int started = 0;
            foreach (var job in won)
            {
                if (!seats.Remove(job.Id, out var seat)) continue;
                started++;
                Run(job, seat);
            }
            return started;
        }
        finally
        {
            _shelf.Answered(asked);
            // What another gate won, or what was cancelled in between.
            foreach (var seat in seats.Values) pool.Release(seat);
        }
    }

    /// <summary>As <see cref="ClaimAsync"/>, beside an outcome that is stored: what fails here is tried again by the rounds.</summary>
    private async Task ClaimBesideAsync(Dictionary<JobId, Seat> seats)
    {
        int asked = seats.Count;
        if (asked == 0)
        {
            _doorbell.Ring();
            return;
        }
        try
        {
            if (await ClaimAsync(seats, _stopping.Token) < asked) _doorbell.Ring();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The gate stops; the jobs stay ready.
        }
        catch (Exception e)
        {
            Log.DispatchFailed(logger, e);
            _doorbell.Ring();
        }
    }

    /// <summary>
    /// Looks at the front of the queue first, and deeper while places stay free: jobs at the front may all wait for one
    /// builder that is busy everywhere, and must not keep others from running.
    /// </summary>
    private async Task<(ImmutableArray<ReadyJob> Ready, ImmutableArray<Assignment> Assignments)> ChooseAsync(
        ImmutableArray<WorkerOffer> offers, int free, CancellationToken stopping)
    {
        for (int depth = Math.Max(free * 4, MinDepth); ; depth *= 8)
        {
            var seen = await store.ReadyJobsAsync(depth, stopping);
            var ready = _shelf.Unasked(seen);
            ImmutableArray<LockStanding> locks = ready.Any(j => !j.Locks.IsEmpty) ? await store.ListLocksAsync(stopping) : [];
            var assignments = JobMatching.Choose(
                [.. ready.Select(Candidate)], offers, [.. locks.Select(l => l.ToOffer())]);
            if (assignments.Length >= free || seen.Length < depth || depth >= MaxDepth) return (ready, assignments);
        }
    }

    private Dictionary<JobId, Seat> TakeSeats(ImmutableArray<Assignment> assignments, ImmutableArray<ReadyJob> ready)
    {
        var builders = ready.ToDictionary(j => j.Id, j => j.Builder);
        var seats = new Dictionary<JobId, Seat>();
        foreach (var assignment in assignments)
        {
            // The link may have closed, or its place gone to a job of the shelf, since the standings were read.
            if (pool.TryTake(assignment.Worker, builders[assignment.Job]) is not { } seat) continue;
            if (_shelf.TryAsk(assignment.Job)) seats.Add(assignment.Job, seat);
            else pool.Release(seat);
        }
        return seats;
    }

    private static ReadyCandidate Candidate(ReadyJob job) => new(job.Id, job.Number, job.Priority, job.Pool, job.Builder) { Locks = job.Locks, IsRecipe = job.Package is not null };

    private ImmutableArray<WorkerOffer> Offers(out int free)
    {
        var offers = ImmutableArray.CreateBuilder<WorkerOffer>();
        free = 0;
        foreach (var standing in pool.Standings())
        {
            if (standing.Free == 0) continue;
            free += standing.Free;
            offers.Add(standing.ToOffer());
        }
        return offers.DrainToImmutable();
    }
}
