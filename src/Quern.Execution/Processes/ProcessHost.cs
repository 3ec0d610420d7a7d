namespace Quern.Execution;

/// <summary>The engine's share in the operating system: the poller thread, the launcher and the reaper of orphans.</summary>
internal sealed class ProcessHost : IDisposable
{
    private readonly DescriptorPoller _poller = new();
    private readonly OrphanReaper _reaper;
    private readonly ProcessLauncher _launcher;

    public ProcessHost(TimeProvider time)
    {
        _launcher = new ProcessLauncher(_poller);
        _reaper = new OrphanReaper(time);
    }

    public LaunchResult Launch(LaunchRequest request)
    {
        var result = _launcher.Launch(request);
        if (result is LaunchResult.Launched launched) _reaper.Add(launched.Child);
        return result;
    }

    /// <summary>Waits for the dead leader and gives up its number.</summary>
    public void Release(ChildProcess child)
    {
        child.Dispose();
        _reaper.Remove(child);
    }

    /// <summary>Reaps dead orphans now.</summary>
    public void ReapOrphans() => _reaper.Reap();

    public void Dispose()
    {
        _reaper.Dispose();
        _poller.Dispose();
    }
}
