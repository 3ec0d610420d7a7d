using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>
/// One thread that waits on behalf of all commands until pipes are readable and processes have ended; nothing else runs on
/// it. A command that sleeps for an hour costs no thread.
/// </summary>
internal sealed class DescriptorPoller : IDisposable
{
    private const int EventsPerWait = 64;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly ConcurrentDictionary<long, DescriptorWatch> _watches = new();
    private readonly Thread _thread;
    private long _lastId;
    private volatile bool _stopping;

    public unsafe DescriptorPoller()
    {
        _epoll = Libc.epoll_create1(Libc.O_CLOEXEC);
        _wake = Libc.eventfd(0, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        if (_epoll < 0 || _wake < 0) throw new IOException($"epoll: {Errno.Message(Marshal.GetLastPInvokeError())}");
        Control(Libc.EPOLL_CTL_ADD, _wake, Libc.EPOLLIN, id: 0);
        _thread = new Thread(Loop) { IsBackground = true, Name = "quern-poll" };
        _thread.Start();
    }

    /// <summary>Begins to watch a descriptor; the caller disposes the watch before it closes the descriptor.</summary>
    public DescriptorWatch Watch(int descriptor)
    {
        long id = Interlocked.Increment(ref _lastId);
        var watch = new DescriptorWatch(this, descriptor, id);
        _watches[id] = watch;
        Control(Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLONESHOT, id);
        return watch;
    }

    public unsafe void Dispose()
    {
        _stopping = true;
        long one = 1;
        _ = Libc.write(_wake, (byte*)&one, sizeof(long));
        _thread.Join();
        _ = Libc.close(_epoll);
        _ = Libc.close(_wake);
    }

    internal void Arm(DescriptorWatch watch, int events) =>
        Control(Libc.EPOLL_CTL_MOD, watch.Descriptor, events | Libc.EPOLLONESHOT, watch.Id);

    internal void Remove(DescriptorWatch watch)
    {
        if (_watches.TryRemove(watch.Id, out _) && !_stopping)
            Control(Libc.EPOLL_CTL_DEL, watch.Descriptor, 0, watch.Id);
    }

    private unsafe void Control(int operation, int descriptor, int events, long id)
    {
        byte* raw = stackalloc byte[16];
        Libc.EpollEvent.Write(raw, events, id);
        if (Libc.epoll_ctl(_epoll, operation, descriptor, raw) != 0)
            throw new IOException($"epoll_ctl: {Errno.Message(Marshal.GetLastPInvokeError())}");
    }

    private unsafe void Loop()
    {
        byte* events = stackalloc byte[EventsPerWait * 16];
        while (!_stopping)
        {
            int count = Libc.epoll_wait(_epoll, events, EventsPerWait, -1);
            for (int i = 0; i < count; i++)
                if (_watches.TryGetValue(Libc.EpollEvent.Data(events + i * Libc.EpollEvent.Size), out var watch)) watch.Signal();
        }
    }
}
