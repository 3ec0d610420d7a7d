using System.Collections.Immutable;
using System.Data.Common;
using Microsoft.Extensions.Logging;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Dispatch;

/// <summary>
/// What has become of the steps of one attempt. Written by its plan runner alone; the store is told while the plan runs, and of
/// the rest together with the outcome.
/// </summary>
public sealed partial class StepBook(FarmStore store, ClaimedJob job, ILogger logger)
{
    /// <summary>What the store was not told of yet, by position.</summary>
    private readonly SortedDictionary<int, StepResult> _unsaved = [];

    /// <summary>The step that runs; null between steps.</summary>
    private StepResult? _running;

    /// <summary>Whether the store is told at all: a plan of one step that comes from no builder is told by its job's outcome.</summary>
    public bool Kept { get; set; }

    public ImmutableArray<StepResult> Unsaved => [.. _unsaved.Values];

    /// <summary>A step begins: the store is told, and of those that ended before.</summary>
    public Task BeginAsync(StepResult step)
    {
        Put(step);
        _running = step;
        return SaveAsync();
    }

    /// <summary>A step ended or was left out; the store is told with the next beginning or with the outcome.</summary>
    public void End(StepResult step)
    {
        Put(step);
        _running = null;
    }

    /// <summary>The attempt ends with a step that nobody ended, for instance because the log could not be written.</summary>
    public void Abandon(StepState state, string reason, DateTimeOffset now)
    {
        if (_running is { } step) End(step with { State = state, Reason = reason, FinishedAt = now });
    }

    private void Put(StepResult step)
    {
        if (Kept) _unsaved[step.Position] = step;
    }

    private async Task SaveAsync()
    {
        if (!Kept) return;
        try
        {
            await store.SaveStepsAsync(job.Id, job.Attempt, Unsaved, new Actor($"worker:{job.Worker}"), CancellationToken.None);
            _unsaved.Clear();
        }
        catch (Exception e) when (e is DbException or IOException)
        {
            // They go with the next save, or with the outcome, which waits for the store.
            Log.StepsNotStored(logger, job.Id, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2121, LogLevel.Warning, "The steps of job {JobId} could not be stored; it is tried again.")]
        public static partial void StepsNotStored(ILogger logger, JobId jobId, Exception exception);
    }
}
