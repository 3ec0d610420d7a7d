namespace Quern.Peers.Dispatch;

/// <summary>Wakes one waiting loop; any number of rings before it looks count as one.</summary>
public sealed class Doorbell
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _rung = Fresh();

    public void Ring()
    {
        lock (_lock) _rung.TrySetResult();
    }

    /// <summary>Completes at the next ring, or at once when it rang since the last call completed.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task rung;
        lock (_lock) rung = _rung.Task;
        await rung.WaitAsync(cancellationToken);
        lock (_lock)
        {
            if (_rung.Task.IsCompleted) _rung = Fresh();
        }
    }

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
