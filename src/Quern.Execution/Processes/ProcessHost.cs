namespace Quern.Execution;

/// <summary>The engine's share in the operating system: the poller thread, the launcher and the reaper of orphans.</summary>
internal sealed class ProcessHost : IDisposable
{
    private readonly DescriptorPoller _poller = new();
    private readonly OrphanReaper _reaper;
    private readonly ProcessLauncher _launcher;

    public ProcessHost(TimeProvider time)
    {
        CloseInheritedOnExec();
        _launcher = new ProcessLauncher(_poller);
        _reaper = new OrphanReaper(time);
    }

    public LaunchResult Launch(LaunchRequest request) => OrphanReaper.Launch(() => _launcher.Launch(request));

    /// <summary>Waits for the dead leader and gives up its number.</summary>
    public void Release(ChildProcess child)
    {
        child.Dispose();
        _reaper.Remove(child);
    }

    /// <summary>Reaps dead orphans now.</summary>
    public static void ReapOrphans() => OrphanReaper.Reap();

    /// <summary>Descriptors that whoever started this program left open must not reach the commands.</summary>
    private static void CloseInheritedOnExec()
    {
        foreach (string path in Directory.GetFileSystemEntries("/proc/self/fd"))
            if (int.TryParse(Path.GetFileName(path), out int descriptor) && descriptor > 2)
                _ = Libc.fcntl(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
    }

    public void Dispose()
    {
        _reaper.Dispose();
        _poller.Dispose();
    }
}
