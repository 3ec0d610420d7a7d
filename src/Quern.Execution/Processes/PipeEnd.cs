using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>Our end of a child's pipe or terminal: not blocking, not inherited by other children.</summary>
internal sealed class PipeEnd : IDisposable
{
    private readonly int _descriptor;
    private readonly DescriptorWatch _watch;

    public PipeEnd(int descriptor, DescriptorPoller poller)
    {
        _descriptor = descriptor;
        int flags = Libc.fcntl(descriptor, Libc.F_GETFL, 0);
        _ = Libc.fcntl(descriptor, Libc.F_SETFL, flags | Libc.O_NONBLOCK);
        _watch = poller.Watch(descriptor);
    }

    /// <summary>Bytes read; 0 at the end, when the other side is gone, and after <see cref="Cancel"/>.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        while (true)
        {
            int read = TryRead(buffer.Span);
            if (read >= 0) return read;
            if (!await _watch.ReadableAsync()) return Math.Max(0, TryRead(buffer.Span));
        }
    }

    /// <summary>Writes everything, or stops without an error when nobody reads any more.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            int written = TryWrite(data.Span);
            if (written > 0) data = data[written..];
            else if (written == 0 || !await _watch.WritableAsync()) return;
        }
    }

    /// <summary>Stops waiting: what is in the pipe now can still be read, then comes the end.</summary>
    public void Cancel() => _watch.Cancel();

    public void Dispose()
    {
        _watch.Dispose();
        _ = Libc.close(_descriptor);
    }

    /// <summary>-1 when there is nothing yet. A terminal whose other side is closed answers EIO: that is its end.</summary>
    private unsafe int TryRead(Span<byte> buffer)
    {
        while (true)
        {
            fixed (byte* start = buffer)
            {
                nint read = Libc.read(_descriptor, start, buffer.Length);
                if (read >= 0) return (int)read;
            }
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Libc.EINTR) return errno == Libc.EAGAIN ? -1 : 0;
        }
    }

    private unsafe int TryWrite(ReadOnlySpan<byte> data)
    {
        while (true)
        {
            fixed (byte* start = data)
            {
                nint written = Libc.write(_descriptor, start, data.Length);
                if (written >= 0) return (int)written;
            }
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Libc.EINTR) return errno == Libc.EAGAIN ? -1 : 0;
        }
    }
}
