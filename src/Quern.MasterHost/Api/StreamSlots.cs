namespace Quern.MasterHost.Api;

/// <summary>How many answers without end are open at once: each holds a connection and a task.</summary>
internal sealed class StreamSlots(int most)
{
    private int _open;

    /// <summary>A slot to dispose at the end, or null when all are taken.</summary>
    public IDisposable? TryTake()
    {
        if (Interlocked.Increment(ref _open) <= most) return new Slot(this);
        Interlocked.Decrement(ref _open);
        return null;
    }

    private sealed class Slot(StreamSlots owner) : IDisposable
    {
        private StreamSlots? _owner = owner;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _owner, null) is { } slots) Interlocked.Decrement(ref slots._open);
        }
    }
}
