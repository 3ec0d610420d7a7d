using System.Runtime.InteropServices;
using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>Waits for the administrator's wish for an orderly end, and passes it on. buildbot-commands.md section 5.3.</summary>
internal sealed class ShutdownWatch : IAsyncDisposable
{
    private const int Hangup = 1;   // SIGHUP

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);   // as stock workers

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _asked = [];   // guarded by itself
    private readonly Worker _worker;
    private readonly Action<string> _log;
    private readonly Action _end;
    private PosixSignalRegistration? _signal;
    private Task _watching = Task.CompletedTask;

    private ShutdownWatch(Worker worker, Action<string> log, Action end) => (_worker, _log, _end) = (worker, log, end);

    /// <param name="end">Ends the worker at once: when no master is there to be asked.</param>
    public static ShutdownWatch Start(
        ShutdownTrigger trigger, WorkerFolder folder, Worker worker, TimeProvider time, Action<string> log, Action end)
    {
        var watch = new ShutdownWatch(worker, log, end);
        if (trigger is ShutdownTrigger.Signal)
        {
            log("Setting up SIGHUP handler to initiate shutdown");
            // The runtime leaves a signal alone that was ignored when the process began; stock workers do not.
            OwnProcess.HeedSignal(Hangup);
            watch._signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, watch.OnSignal);
        }
        if (trigger is ShutdownTrigger.File)
        {
            log($"Watching {folder.ShutdownStamp}'s mtime to initiate shutdown");
            watch._watching = watch.WatchAsync(folder.ShutdownStamp, time);
        }
        return watch;
    }

    public async ValueTask DisposeAsync()
    {
        _signal?.Dispose();
        await _stop.CancelAsync();
        await _watching;
        Task[] asked;
        lock (_asked) asked = [.. _asked];
        await Task.WhenAll(asked);
        _stop.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _log("Initiating shutdown because we got SIGHUP");
        lock (_asked) _asked.Add(AskAsync());
    }

    private async Task AskAsync()
    {
        if (!_worker.IsConnected)
        {
            _log("No active connection, shutting down NOW");
            _end();
            return;
        }
        _log("Telling the master we want to shutdown after any running builds are finished");
        if (await _worker.AskForShutdownAsync() is { } problem) _log($"the master cannot be asked for a shutdown: {problem}");
    }

    private async Task WatchAsync(string stamp, TimeProvider time)
    {
        // File times are the file system's; only a change counts, so no clock is asked.
        var seen = File.GetLastWriteTimeUtc(stamp);
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var now = File.GetLastWriteTimeUtc(stamp);
                if (now <= seen) continue;
                _log($"Initiating shutdown because {stamp} was touched");
                seen = now;
                await AskAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The worker has ended.
        }
    }
}
