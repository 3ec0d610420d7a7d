using System.Data.Common;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

public sealed partial class Gate
{
    private sealed record RunningJob(CancellationTokenSource Cancel)
    {
        /// <summary>Set right after the run is started; completes when the outcome is stored.</summary>
        public Task Done { get; set; } = Task.CompletedTask;
    }

    private void Run(ClaimedJob job, Seat seat)
    {
        var running = new RunningJob(CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token));
        _running[job.Id] = running;
        running.Done = Task.Run(() => RunJobAsync(job, seat, running));
    }

    private async Task RunJobAsync(ClaimedJob job, Seat seat, RunningJob running)
    {
        JobLog? log = null;
        BuildOutcome outcome;
        try
        {
            log = new JobLog(logs, job.Id, job.Attempt, time);
            if (job.Attempt > 1) await log.SayAsync($"--- attempt {job.Attempt}: the one before was lost with its worker or its master");
            outcome = await BuildAsync(job, seat, log, running.Cancel.Token);
            if (outcome is BuildOutcome.Lost lost) await log.SayAsync($"--- this attempt is lost: {lost.Reason}");
        }
        catch (OperationCanceledException) when (running.Cancel.IsCancellationRequested)
        {
            outcome = new BuildOutcome.Cancelled("cancelled");
        }
        catch (LogWriteException e)
        {
            outcome = new BuildOutcome.Failed("", null, e.Message);
        }
        catch (Exception e)
        {
            Log.JobErred(logger, job.Id, e);
            outcome = new BuildOutcome.Failed("", null, $"The farm could not run the job: {e.Message}");
        }
        await FinishAsync(job, seat, log, outcome, running);
    }

    private async Task<BuildOutcome> BuildAsync(ClaimedJob job, Seat seat, JobLog log, CancellationToken cancel)
    {
        var plan = job.Plan;
        if (plan is null)
        {
            switch (await recipes.PrepareAsync(job, seat, log, cancel))
            {
                case PreparedPlan.Refused refused:
                    await log.SayAsync(refused.Reason);
                    return new BuildOutcome.Failed("prepare", null, refused.Reason);
                case PreparedPlan.Ready ready:
                    plan = ready.Plan;
                    break;
            }
        }
        var end = await runner.RunAsync(plan!, seat, log, cancel);
        if (end.Outcome is not BuildOutcome.Succeeded || job.Plan is not null) return end.Outcome;

        if (end.Package is not { } package) return new BuildOutcome.Failed("upload", null, "The plan ended well but uploaded no package.");
        switch (await recipes.VerifyAsync(job, package, log, cancel))
        {
            case VerifiedPackage.Good good:
                return new BuildOutcome.Succeeded([good.Artifact]);
            case VerifiedPackage.Bad bad:
                await log.SayAsync(bad.Reason);
                return new BuildOutcome.Failed("verify", null, bad.Reason);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task FinishAsync(ClaimedJob job, Seat seat, JobLog? log, BuildOutcome outcome, RunningJob running)
    {
        try
        {
            var facts = await CloseLogAsync(job, log);
            await StoreOutcomeAsync(job, seat, outcome, facts);
        }
        catch (Exception e)
        {
            // The lease runs out and the job runs again: nothing is lost by giving up here.
            Log.OutcomeNotStored(logger, job.Id, e);
        }
        finally
        {
            _running.TryRemove(job.Id, out _);
            pool.Release(seat);
            running.Cancel.Dispose();
            // Also for a claim that came before the outcome after all, and lost.
            _doorbell.Ring();
        }
    }

    /// <summary>Tries until the store takes it: a disk that is full or a database that is away does not cost the work that was done.</summary>
    private async Task StoreOutcomeAsync(ClaimedJob job, Seat seat, BuildOutcome outcome, JobLogFacts facts)
    {
        // A stopping gate leaves its jobs to the next start, which declares them lost and runs them again.
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var stored = store.CompleteAsync(job.Id, job.Attempt, outcome, facts, new Actor($"worker:{seat.Worker}"), CancellationToken.None);
                // The place is free now: the store takes the next claim after this outcome, often in the same commit. A store
                // that is away takes no claim either, so no work begins that could not be kept.
                pool.Release(seat);
                _doorbell.Ring();
                await stored;
                return;
            }
            catch (Exception e) when (e is DbException or IOException)
            {
                Log.OutcomeWaits(logger, job.Id, e);
                await Task.Delay(Retry, time, _stopping.Token);
            }
        }
    }

    private async Task<JobLogFacts> CloseLogAsync(ClaimedJob job, JobLog? log)
    {
        try
        {
            return log is null ? new JobLogFacts(0, 0) : await log.CompleteAsync();
        }
        catch (LogWriteException e)
        {
            Log.LogNotWhole(logger, job.Id, e);
            return new JobLogFacts(0, 0);
        }
    }

    /// <summary>Hears what others ask of this gate: new work, and cancels of what runs here.</summary>
    private async Task WatchJournalAsync(long from, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var events = await store.ReadJournalAsync(from, 1000, stopping);
                if (events.IsEmpty)
                {
                    await store.WaitPastAsync(from, stopping);
                    continue;
                }
                from = events[^1].Sequence;
                bool work = false;
                foreach (var e in events)
                {
                    work |= e.Kind is "job.submitted" or "job.ready" or "job.lost";
                    if (e.Kind == "job.cancel_requested" && JobId.TryParse(e.Subject, out var job) && _running.TryGetValue(job, out var running))
                        Cancel(running);
                }
                if (work) _doorbell.Ring();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.JournalNotRead(logger, e);
                await Task.Delay(Retry, time, CancellationToken.None);
            }
        }
    }

    private static void Cancel(RunningJob running)
    {
        try
        {
            running.Cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in the same moment; the store has its outcome.
        }
    }

    private async Task RenewAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(options.Lease / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    // Only what really runs here is renewed: a claim whose answer was lost runs out and its job runs again.
                    if (await store.KeepLeasesAsync(options.Node, [.. _running.Keys], options.Lease, stopping) is > 0 and var count) Log.LeasesExpired(logger, count);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    Log.LeasesNotRenewed(logger, e);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The stop was asked for.
        }
    }
}
