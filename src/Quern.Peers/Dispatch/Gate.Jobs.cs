using System.Data.Common;
using Quern.Model;
using Quern.Peers.Secrets;
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
        // A plan goes to the worker at once; a recipe is prepared first, which takes a thread for longer.
        running.Done = job.Plan is null ? Task.Run(() => RunJobAsync(job, seat, running)) : RunJobAsync(job, seat, running);
    }

    private async Task RunJobAsync(ClaimedJob job, Seat seat, RunningJob running)
    {
        JobLog? log = null;
        BuildOutcome outcome;
        var steps = new StepBook(store, job, logger);
        try
        {
            var values = PlanSecrets.None;
            string refused = "";
            if (job.Plan is { } plan) values = secrets.TryRead(plan, out refused) ?? values;
            log = new JobLog(logs, job.Id, job.Attempt, time, values.Mask);
            if (job.Attempt > 1) await log.SayAsync($"--- attempt {job.Attempt}: the one before was lost with its worker or its master");
            outcome = refused.Length > 0 ? await RefusedAsync("secrets", refused, log) : await BuildAsync(job, seat, log, steps, values, running.Cancel.Token);
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
            string message = $"The farm could not run the job: {e.Message}";
            outcome = new BuildOutcome.Failed("", null, log?.Hide(message) ?? message);
        }
        steps.Abandon(outcome is BuildOutcome.Cancelled ? StepState.Cancelled : StepState.Failed, (outcome as BuildOutcome.Failed)?.Reason ?? "", time.GetUtcNow());
        await FinishAsync(job, seat, log, outcome, steps, running);
    }

    private static async Task<BuildOutcome> RefusedAsync(string step, string reason, JobLog log)
    {
        await log.SayAsync(reason);
        return new BuildOutcome.Failed(step, null, reason);
    }

    private async Task<BuildOutcome> BuildAsync(ClaimedJob job, Seat seat, JobLog log, StepBook steps, PlanSecrets values, CancellationToken cancel)
    {
        var plan = job.Plan;
        if (seat.Link is IRecipeLink bot) return await BuildByBotAsync(job, bot, log, cancel);
        if (plan is null)
        {
            switch (await recipes.PrepareAsync(job, seat, log, cancel))
            {
                case PreparedPlan.Refused refused:
                    return await RefusedAsync("prepare", refused.Reason, log);
                case PreparedPlan.Ready ready:
                    plan = ready.Plan;
                    break;
            }
        }
        var end = await runner.RunAsync(plan!, seat, log, steps, values, cancel);
        if (end.Outcome is not BuildOutcome.Succeeded || job.Plan is not null) return end.Outcome;

        return end.Package is { } package
            ? await VerifiedAsync(job, package, log, cancel)
            : new BuildOutcome.Failed("upload", null, "The plan ended well but uploaded no package.");
    }

    private async Task<BuildOutcome> BuildByBotAsync(ClaimedJob job, IRecipeLink bot, JobLog log, CancellationToken cancel)
    {
        if (job.Plan is not null) return await RefusedAsync("prepare", $"{job.Worker} builds recipes and cannot run a plan. Give the job a pool without it.", log);
        switch (await recipes.OrderAsync(job, cancel))
        {
            case PreparedRecipe.Refused refused:
                return await RefusedAsync("prepare", refused.Reason, log);
            case PreparedRecipe.Ready ready:
                return await bot.BuildAsync(ready.Order, log, cancel) switch
                {
                    RecipeEnd.Built built => await VerifiedAsync(job, built.Package, log, cancel),
                    RecipeEnd.Failed failed => await RefusedAsync("build", failed.Reason, log),
                    RecipeEnd.Cancelled => new BuildOutcome.Cancelled("cancelled"),
                    RecipeEnd.Lost lost => new BuildOutcome.Lost(lost.Reason),
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<BuildOutcome> VerifiedAsync(ClaimedJob job, StoredBlob package, JobLog log, CancellationToken cancel)
    {
        switch (await recipes.VerifyAsync(job, package, log, cancel))
        {
            case VerifiedPackage.Good good:
                return new BuildOutcome.Succeeded([good.Artifact]);
            case VerifiedPackage.Bad bad:
                return await RefusedAsync("verify", bad.Reason, log);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task FinishAsync(ClaimedJob job, Seat seat, JobLog? log, BuildOutcome outcome, StepBook steps, RunningJob running)
    {
        try
        {
            var facts = await CloseLogAsync(job, log);
            await StoreOutcomeAsync(job, seat, outcome, facts, steps);
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
    private async Task StoreOutcomeAsync(ClaimedJob job, Seat seat, BuildOutcome outcome, JobLogFacts facts, StepBook steps)
    {
        // A stopping gate leaves its jobs to the next start, which declares them lost and runs them again.
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                // The place is free now: the store takes the next claim right after this outcome, in the same commit. A store
                // that is away takes no claim either, so no work begins that could not be kept.
                pool.Release(seat);
                var next = TakeFromShelf(seat.Worker);
                var stored = store.CompleteAsync(job.Id, job.Attempt, outcome, facts, steps.Unsaved, new Actor($"worker:{seat.Worker}"), CancellationToken.None);
                await ClaimBesideAsync(next);
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
    private Task WatchJournalAsync(long from, CancellationToken stopping) => RepeatAsync(
        async () =>
        {
            var events = await store.ReadJournalAsync(from, 1000, stopping);
            if (events.IsEmpty)
            {
                await store.WaitPastAsync(from, stopping);
                return;
            }
            from = events[^1].Sequence;
            bool work = false;
            foreach (var e in events)
            {
                work |= e.Kind is "job.submitted" or "job.ready" or "job.lost" or "lock.released";
                if (e.Kind == "job.cancel_requested" && JobId.TryParse(e.Subject, out var job) && _running.TryGetValue(job, out var running))
                    Cancel(running);
            }
            if (!work) return;
            _shelf.Spoil();
            _doorbell.Ring();
        },
        e => Log.JournalNotRead(logger, e),
        stopping);

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
