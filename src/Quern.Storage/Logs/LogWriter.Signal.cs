namespace Quern.Storage;

/// <summary>Waking those who follow a live log.</summary>
public sealed partial class LogWriter
{
    private readonly Lock _waiting = new();
    private TaskCompletionSource? _signal;  // null while nobody waits
    private bool _ended;                    // written under the lock, when the writer closes

    /// <summary>Done when the log has more lines than <paramref name="seenLines"/>, or is closed.</summary>
    internal Task WaitForMoreAsync(long seenLines, CancellationToken cancellation)
    {
        lock (_waiting)
        {
            if (_ended || Lines > seenLines) return Task.CompletedTask;
            _signal ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _signal.Task.WaitAsync(cancellation);
        }
    }

    private void Signal(bool closed = false)
    {
        TaskCompletionSource? signal;
        lock (_waiting)
        {
            _ended |= closed;
            (signal, _signal) = (_signal, null);
        }
        signal?.TrySetResult();
    }
}
