using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>
/// A started process, leader of its own session and process group. It stays a zombie until <see cref="Dispose"/>, so its
/// number, and that of its group, cannot be given to a stranger while somebody may still want to signal it.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const nint PidfdOpen = 434;

    private readonly int _pidDescriptor;
    private readonly DescriptorWatch _pidWatch;

    public ChildProcess(int id, PipeEnd? stdin, PipeEnd stdout, PipeEnd? stderr, DescriptorPoller poller)
    {
        (Id, Stdin, Stdout, Stderr) = (id, stdin, stdout, stderr);
        _pidDescriptor = (int)Libc.syscall(PidfdOpen, id, 0);
        if (_pidDescriptor < 0) throw new IOException($"pidfd_open: {Errno.Message(Marshal.GetLastPInvokeError())}");
        _pidWatch = poller.Watch(_pidDescriptor);
        Exited = WaitAsync();
    }

    public int Id { get; }

    /// <summary>Null when standard input was closed at the start.</summary>
    public PipeEnd? Stdin { get; private set; }

    public PipeEnd Stdout { get; }

    /// <summary>Null when a terminal carries both.</summary>
    public PipeEnd? Stderr { get; }

    public Task<ExitStatus> Exited { get; }

    public void CloseStdin()
    {
        Stdin?.Dispose();
        Stdin = null;
    }

    /// <summary>Signals the whole group; false when there is no such group any more.</summary>
    public bool SignalGroup(int signal) => Libc.kill(-Id, signal) == 0;

    public bool Signal(int signal) => Libc.kill(Id, signal) == 0;

    public void Dispose()
    {
        CloseStdin();
        Stdout.Dispose();
        Stderr?.Dispose();
        _pidWatch.Cancel();
        _pidWatch.Dispose();
        _ = Libc.close(_pidDescriptor);
        Reap(Id);
    }

    /// <summary>Takes a dead child's entry out of the process table; nothing happens when it lives.</summary>
    internal static unsafe void Reap(int id)
    {
        Libc.SignalInfo info = default;
        _ = Libc.waitid(Libc.P_PID, id, &info, Libc.WEXITED | Libc.WNOHANG);
    }

    /// <summary>Waits for a child that is about to die, and takes its entry out of the process table.</summary>
    internal static unsafe void WaitFor(int id)
    {
        Libc.SignalInfo info = default;
        while (Libc.waitid(Libc.P_PID, id, &info, Libc.WEXITED) != 0 && Marshal.GetLastPInvokeError() == Libc.EINTR) { }
    }

    private async Task<ExitStatus> WaitAsync()
    {
        while (true)
        {
            bool ready = await _pidWatch.ReadableAsync();
            if (Peek() is { } status) return status;
            if (!ready) return new ExitStatus(-1, null);   // given up after a kill that did not work
        }
    }

    private unsafe ExitStatus? Peek()
    {
        const int noWait = 0x01000000, exited = 1;
        Libc.SignalInfo info = default;
        // No such child: somebody else in this process has waited for it, and its status is lost.
        if (Libc.waitid(Libc.P_PID, Id, &info, Libc.WEXITED | Libc.WNOHANG | noWait) != 0) return new ExitStatus(-1, null);
        if (info.Pid == 0) return null;
        return info.Code == exited ? new ExitStatus(info.Status, null) : new ExitStatus(-1, info.Status);
    }
}
