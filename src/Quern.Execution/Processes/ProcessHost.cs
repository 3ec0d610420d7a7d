namespace Quern.Execution;

/// <summary>The engine's share in the operating system: the poller thread, the launcher and the reaper of orphans.</summary>
internal sealed class ProcessHost : IDisposable
{
    private readonly DescriptorPoller _poller = new();
    private readonly OrphanReaper _reaper;
    private readonly ProcessLauncher _launcher;
    private readonly Watchdog _watchdog;

    /// <param name="run">What the marks of this engine's commands begin with.</param>
    /// <param name="time">For the reaper.</param>
    public ProcessHost(string run, TimeProvider time)
    {
        CloseInheritedOnExec();
        _watchdog = new Watchdog(run);
        _launcher = new ProcessLauncher(_poller);
        _reaper = new OrphanReaper(time);
    }

    public LaunchResult Launch(LaunchRequest request)
    {
        _watchdog.Prepare();
        string expected = "";
        LaunchResult? result = null;
        try
        {
            result = OrphanReaper.Launch(() => _launcher.Launch(request, output => expected = _watchdog.Expect(output)));
            return result;
        }
        finally
        {
            if (result is LaunchResult.Launched launched) _watchdog.Add(launched.Child.Id, expected);
            else _watchdog.Settle(expected);
        }
    }

    /// <summary>Waits for the dead leader and gives up its number.</summary>
    public void Release(ChildProcess child)
    {
        _watchdog.Remove(child.Id);
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
        _watchdog.Dispose();
        _reaper.Dispose();
        _poller.Dispose();
    }
}
