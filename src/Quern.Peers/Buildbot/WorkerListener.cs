using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Quern.Peers.Buildbot;

/// <summary>An open port that takes workers in one protocol.</summary>
public sealed class WorkerListener : IAsyncDisposable
{
    private const int Backlog = 512;
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;
    private const int SilentPathMilliseconds = 30_000;

    private readonly Socket _socket;
    private readonly IWorkerAcceptor _acceptor;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Task _accepting;

    private WorkerListener(Socket socket, IWorkerAcceptor acceptor)
    {
        _socket = socket;
        _acceptor = acceptor;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the port that was chosen when 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Opens the port.</summary>
    /// <exception cref="SocketException">The address cannot be had, for instance because another program has it.</exception>
    public static WorkerListener Open(IPEndPoint endPoint, IWorkerAcceptor acceptor)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(acceptor);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new WorkerListener(socket, acceptor);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Closes the port and every connection that came through it, and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket peer;
            try
            {
                peer = await _socket.AcceptAsync(_stopping.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The peer left before it was accepted, or descriptors ran out: the next one may fare better.
                await Task.Yield();
                continue;
            }

            Task serving = ServeAsync(peer);
            _connections[serving] = true;
            _ = ForgetAsync(serving);
        }
    }

    private async Task ServeAsync(Socket peer)
    {
        await Task.Yield();
        string remote = "";
        try
        {
            remote = peer.RemoteEndPoint?.ToString() ?? "";
            NoticeDeadPaths(peer);
        }
        catch (SocketException)
        {
            peer.Dispose();
            return;
        }

        await _acceptor.ServeAsync(new NetworkStream(peer, ownsSocket: true), remote, _stopping.Token);
    }

    private async Task ForgetAsync(Task serving)
    {
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _connections.TryRemove(serving, out _);
    }

    /// <summary>Small messages go at once, and a path on which nothing is acknowledged for 30 s is dead.</summary>
    private static void NoticeDeadPaths(Socket peer)
    {
        peer.NoDelay = true;
        peer.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        peer.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
        peer.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        peer.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (!OperatingSystem.IsLinux()) return;
        Span<byte> milliseconds = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(milliseconds, SilentPathMilliseconds);
        peer.SetRawSocketOption(TcpLevel, TcpUserTimeout, milliseconds);
    }
}
