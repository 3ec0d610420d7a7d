using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost;

/// <summary>
/// Deletes the logs of finished jobs when their time is over: at the start and then once an hour. Life: <see cref="Start"/>
/// once, <see cref="DisposeAsync"/> before the store and the logs.
/// </summary>
/// <remarks>
/// The files go first and the mark in the database second, so a master that dies in between finds the job again and deletes
/// nothing the second time. In the other order files would stay that nobody looks for any more.
/// </remarks>
/// <param name="node">The gate whose jobs these logs are of. Others on the same database delete the files of theirs.</param>
internal sealed partial class LogRetention(
    FarmStore store, LogStore logs, string node, RetentionSettings settings, TimeProvider time, ILogger<LogRetention> logger) : IAsyncDisposable
{
    /// <summary>Settings are in hours or longer, so looking more often would find nothing new.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Logs whose marks share one transaction, so that other writers wait for a short one only.</summary>
    private const int Page = 200;

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Jobs that one round looks at; the next round goes on. The default lets a farm end 240,000 jobs a day.</summary>
    public int MaxPerRound { get; init; } = 10_000;

    /// <summary>Begins the first round. Does nothing when everything is kept for ever.</summary>
    public void Start()
    {
        if (settings.Logs is null && settings.FailedLogs is null) return;
        // Made here and not in the loop: the hour counts from the start, however long the first round takes.
        _running = RunAsync(new PeriodicTimer(Interval, time), _stopping.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        using (timer)
        {
            try
            {
                do
                {
                    await TryRoundAsync(stopping);
                }
                while (await timer.WaitForNextTickAsync(stopping));
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // The stop was asked for.
            }
        }
    }

    private async Task TryRoundAsync(CancellationToken stopping)
    {
        try
        {
            await RoundAsync(stopping);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // The store may be away for a while (PostgreSQL restarts); what was not marked is found again.
            Log.RoundFailed(logger, e);
        }
    }

    /// <summary>Deletes what is due, longest finished first.</summary>
    /// <returns>How many jobs lost their logs.</returns>
    internal async Task<int> RoundAsync(CancellationToken stopping)
    {
        int left = MaxPerRound, deleted = 0;
        foreach (var state in Enum.GetValues<JobState>().Where(s => s.IsFinished()))
        {
            if ((state == JobState.Failed ? settings.FailedLogs : settings.Logs) is not { } keep) continue;
            var before = time.GetUtcNow() - keep;
            KeptLog? last = null;
            while (left > 0)
            {
                var due = await store.ListKeptLogsAsync(node, state, before, last, Math.Min(Page, left), stopping);
                if (due.IsEmpty) break;
                left -= due.Length;
                last = due[^1];
                deleted += await store.MarkLogsDeletedAsync(await DeleteAsync(due, stopping), Actor.Farm, stopping);
            }
        }
        if (deleted > 0) Log.Deleted(logger, deleted);
        return deleted;
    }

    /// <summary>The jobs whose files are gone.</summary>
    private async Task<ImmutableArray<JobId>> DeleteAsync(ImmutableArray<KeptLog> due, CancellationToken stopping)
    {
        var gone = ImmutableArray.CreateBuilder<JobId>(due.Length);
        foreach (var log in due)
        {
            try
            {
                await logs.DeleteAsync(log.Job, stopping);
                gone.Add(log.Job);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                // A disk that will not, or a log that a late writer still holds: the next round tries again.
                Log.NotDeleted(logger, log.Number, e);
            }
        }
        return gone.ToImmutable();
    }

    private static partial class Log
    {
        [LoggerMessage(3251, LogLevel.Information, "The logs of {Count} jobs were deleted, as retention in quern.yaml asks.")]
        public static partial void Deleted(ILogger logger, int count);

        [LoggerMessage(3252, LogLevel.Warning, "The logs of job {Number} could not be deleted; it is tried again in an hour.")]
        public static partial void NotDeleted(ILogger logger, long number, Exception exception);

        [LoggerMessage(3253, LogLevel.Error, "A round of log retention failed; it is tried again in an hour.")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
