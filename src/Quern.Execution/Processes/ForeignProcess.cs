using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>A process that is no child of ours, known by the number in its pid file.</summary>
public sealed class ForeignProcess : IDisposable
{
    private const nint PidfdOpen = 434;

    private readonly int _id;
    private readonly int _descriptor;

    private ForeignProcess(int id, int descriptor) => (_id, _descriptor) = (id, descriptor);

    /// <summary>Null when no such process is alive; one that has ended and waits for its parent is not.</summary>
    /// <exception cref="IOException">The system has no room for one more descriptor.</exception>
    public static ForeignProcess? TryOpen(int id)
    {
        if (id <= 0 || ProcessEntry.TryRead(id) is not { IsZombie: false }) return null;
        int descriptor = (int)Libc.syscall(PidfdOpen, id, 0);
        if (descriptor >= 0) return new ForeignProcess(id, descriptor);
        int error = Marshal.GetLastPInvokeError();
        return error == Libc.ESRCH ? null : throw new IOException($"cannot look at process {id}: {Errno.Message(error)}");
    }

    /// <summary>Asks it to end.</summary>
    /// <exception cref="UnauthorizedAccessException">It belongs to somebody else.</exception>
    public void Terminate()
    {
        if (Libc.kill(_id, Libc.SIGTERM) != 0 && Marshal.GetLastPInvokeError() == Libc.EPERM)
            throw new UnauthorizedAccessException($"process {_id} belongs to another user");
    }

    /// <summary>Waits on a thread of the pool until it has ended; false when it still lives after <paramref name="limit"/>.</summary>
    public Task<bool> WaitForExitAsync(TimeSpan limit) => Task.Run(() => WaitForExit(limit));

    public void Dispose() => _ = Libc.close(_descriptor);

    private unsafe bool WaitForExit(TimeSpan limit)
    {
        var entry = new Libc.PollEntry { Descriptor = _descriptor, Wanted = Libc.POLLIN };
        return Libc.poll(&entry, 1, (int)limit.TotalMilliseconds) == 1;
    }
}
