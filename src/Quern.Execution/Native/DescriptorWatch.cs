using System.Threading.Tasks.Sources;

namespace Quern.Execution;

/// <summary>Readiness of one descriptor; one waiter at a time.</summary>
internal sealed class DescriptorWatch : IValueTaskSource<bool>, IDisposable
{
    private readonly DescriptorPoller _poller;
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _waiting;
    private volatile bool _cancelled;

    internal DescriptorWatch(DescriptorPoller poller, int descriptor, long id)
    {
        _poller = poller;
        Descriptor = descriptor;
        Id = id;
    }

    internal int Descriptor { get; }

    internal long Id { get; }

    /// <summary>True when there is something to read or the other end is gone, false after <see cref="Cancel"/>.</summary>
    public ValueTask<bool> ReadableAsync() => WaitAsync(Libc.EPOLLIN);

    public ValueTask<bool> WritableAsync() => WaitAsync(Libc.EPOLLOUT);

    /// <summary>Ends this and every later wait with false.</summary>
    public void Cancel()
    {
        _cancelled = true;
        if (Interlocked.Exchange(ref _waiting, 0) == 1) _core.SetResult(false);
    }

    public void Dispose() => _poller.Remove(this);

    internal void Signal()
    {
        if (Interlocked.Exchange(ref _waiting, 0) == 1) _core.SetResult(true);
    }

    private ValueTask<bool> WaitAsync(int events)
    {
        if (_cancelled) return ValueTask.FromResult(false);
        _core.Reset();
        var task = new ValueTask<bool>(this, _core.Version);
        Volatile.Write(ref _waiting, 1);
        _poller.Arm(this, events);
        if (_cancelled && Interlocked.Exchange(ref _waiting, 0) == 1) _core.SetResult(false);
        return task;
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
