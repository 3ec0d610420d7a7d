using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Quern.Peers.Ports;

namespace Quern.Peers.Buildbot;

/// <summary>
/// An open port that takes peers in one protocol, within TLS where its settings say so. Handshakes happen beside the accept loop: a slow
/// peer keeps nobody waiting.
/// </summary>
public sealed class WorkerListener : IAsyncDisposable
{
    private const int Backlog = 512;

    /// <summary>For others to give descriptors back.</summary>
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(100);

    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;
    private const int SilentPathMilliseconds = 30_000;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly PortDoorman _doorman;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Task _accepting;
    private volatile PortSettings _settings;

    private WorkerListener(Socket socket, PortSettings settings, TimeProvider time)
    {
        (_socket, _settings, _time, _doorman) = (socket, settings, time, new PortDoorman(ConnectionBudget.OfProcess, time));
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the port that was chosen when 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>For those who come from now on.</summary>
    public PortSettings Settings
    {
        get => _settings;
        set => _settings = value;
    }

    public PortCounts Counts => _doorman.Counts;

    /// <summary>Opens the port.</summary>
    /// <exception cref="SocketException">The address cannot be had, for instance because another program has it.</exception>
    public static WorkerListener Open(IPEndPoint endPoint, IWorkerAcceptor acceptor)
    {
        ArgumentNullException.ThrowIfNull(acceptor);
        return Open(endPoint, new PortSettings(acceptor), TimeProvider.System);
    }

    /// <inheritdoc cref="Open(IPEndPoint, IWorkerAcceptor)"/>
    public static WorkerListener Open(IPEndPoint endPoint, PortSettings settings, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(time);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // "::" is everybody, as people know it from other servers.
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new WorkerListener(socket, settings, time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Closes the port; connections that came through it go on. Safe to call twice.</summary>
    public async Task StopAcceptingAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
    }

    /// <summary>Closes the port and waits until its connections have ended by themselves.</summary>
    /// <param name="cancellationToken">Stops the waiting; <see cref="CloseAsync"/> closes who is still there.</param>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await StopAcceptingAsync();
        await Task.WhenAll(_connections.Keys).WaitAsync(cancellationToken);
    }

    /// <summary>Closes the port and every connection that came through it, and waits for them. Safe to call twice.</summary>
    public async Task CloseAsync()
    {
        await StopAcceptingAsync();
        await _closing.CancelAsync();
        await Task.WhenAll(_connections.Keys);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _stopping.Dispose();
        _closing.Dispose();
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
            catch (SocketException error)
            {
                // The peer left before it was accepted: the next one may fare better. Where descriptors ran out, asking again at once only burns the processor.
                if (error.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
                    await Task.Delay(s_breath, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                else
                    await Task.Yield();
                continue;
            }

            var settings = _settings;
            if (!_doorman.Admits(settings.Limits))
            {
                peer.Dispose();
                continue;
            }
            Task serving = ServeAsync(peer, settings);
            _connections[serving] = true;
            _ = ForgetAsync(serving);
        }
    }

    private async Task ServeAsync(Socket peer, PortSettings settings)
    {
        await Task.Yield();
        try
        {
            IPEndPoint remote, local;
            try
            {
                (remote, local) = (Plain(peer.RemoteEndPoint), Plain(peer.LocalEndPoint));
                NoticeDeadPaths(peer);
            }
            catch (SocketException)
            {
                peer.Dispose();
                return;
            }

            Stream? stream = new NetworkStream(peer, ownsSocket: true);
            if (settings.Tls is { } tls) stream = await SecureAsync(stream, tls, settings.Limits.Handshake);
            if (stream is null) return;
            _doorman.Accepted();
            var connection = new AcceptedConnection(stream, remote, local) { Agents = settings.Agents, People = settings.People };
            await settings.Acceptor.ServeAsync(connection, _closing.Token);
        }
        finally
        {
            _doorman.Left();
        }
    }

    /// <summary>The stream within TLS; null when it came to nothing and everything is closed.</summary>
    private async Task<SslStream?> SecureAsync(Stream stream, Func<SslServerAuthenticationOptions> tls, TimeSpan patience)
    {
        var secured = new SslStream(stream, leaveInnerStreamOpen: false);
        using var late = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _closing.Token);
        try
        {
            await secured.AuthenticateAsServerAsync(tls(), either.Token);
            return secured;
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            if (!_closing.IsCancellationRequested) _doorman.TlsEnded(tooSlow: late.IsCancellationRequested);
            await secured.DisposeAsync();
            return null;
        }
    }

    private async Task ForgetAsync(Task serving)
    {
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _connections.TryRemove(serving, out _);
    }

    private static IPEndPoint Plain(EndPoint? endPoint)
    {
        var ip = endPoint as IPEndPoint ?? new IPEndPoint(IPAddress.None, 0);
        return ip.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port) : ip;
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
