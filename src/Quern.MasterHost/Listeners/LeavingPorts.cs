using System.Collections.Immutable;
using Quern.Peers.Buildbot;

namespace Quern.MasterHost.Listeners;

/// <summary>Ports that are closed and whose connections are still there, each until its last connection has ended.</summary>
internal sealed class LeavingPorts(TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private ImmutableArray<Leaving> _ports = [];

    private sealed record Leaving(int Listener, WorkerListener Port, Task Ended);

    /// <summary>Connections that came in by a listener before its port was closed or moved.</summary>
    public int ConnectionsOf(int listener) => _ports.Where(p => p.Listener == listener).Sum(p => p.Port.Counts.Active);

    /// <summary>Closes a port and lets its connections end.</summary>
    /// <param name="listener">Its number.</param>
    /// <param name="patience">After which those that are left are closed; zero at once, null never.</param>
    /// <param name="ended">Called when all have ended, with how many were closed; only when there were any at first. Must not throw.</param>
    public async Task LetGoAsync(int listener, WorkerListener port, TimeSpan? patience, Func<int, Task> ended)
    {
        await port.StopAcceptingAsync();
        // Never waited for here: who asks may have come in by this very port.
        lock (_lock)
        {
            // The task is on the list before it can look for itself there.
            _ports = _ports.Add(new Leaving(listener, port, Task.Run(() => WatchAsync(port, patience, ended), CancellationToken.None)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_ports.Select(p => p.Ended));
        _stopping.Dispose();
    }

    private async Task WatchAsync(WorkerListener port, TimeSpan? patience, Func<int, Task> ended)
    {
        int before = port.Counts.Active, closed = 0;
        using var late = new CancellationTokenSource(patience is { Ticks: > 0 } wait ? wait : Timeout.InfiniteTimeSpan, time);
        if (patience == TimeSpan.Zero) await late.CancelAsync();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
        try
        {
            await port.DrainAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            closed = port.Counts.Active;
        }
        await port.DisposeAsync();
        lock (_lock) _ports = _ports.RemoveAll(p => p.Port == port);
        if (before > 0 && !_stopping.IsCancellationRequested) await ended(closed);
    }
}
