using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Quern.WorkerHost;

/// <summary>Makes the connected stream that a link to the master speaks on: TCP or a local socket, bare, within TLS, through a proxy.</summary>
internal sealed class MasterDialer(TimeProvider time)
{
    /// <summary>The stream owns everything under it.</summary>
    /// <exception cref="IOException">It cannot be reached, is not who it should be, or the proxy refused; the message says which in plain words.</exception>
    /// <exception cref="OperationCanceledException">By the caller.</exception>
    public async Task<Stream> ConnectAsync(ClientEndpoint endpoint, CancellationToken cancellationToken) => endpoint switch
    {
        ClientEndpoint.Tcp tcp => await ConnectTcpAsync(tcp, cancellationToken),
        ClientEndpoint.Unix unix => await ConnectUnixAsync(unix, cancellationToken),
        ClientEndpoint.Tls tls => await SecureAsync(tls, await ConnectAsync(tls.Inner, cancellationToken), cancellationToken),
        ClientEndpoint.Tunnel tunnel => await TunnelAsync(tunnel, await ConnectAsync(tunnel.Proxy, cancellationToken), cancellationToken),
        _ => throw new UnreachableException(),
    };

    private async Task<Stream> ConnectTcpAsync(ClientEndpoint.Tcp tcp, CancellationToken cancellationToken)
    {
        var socket = tcp.BindAddress is { } own
            ? new Socket(OwnAddress(own).AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        return await ConnectAsync(tcp, socket, tcp.Timeout, async token =>
        {
            if (tcp.BindAddress is { } address) socket.Bind(new IPEndPoint(OwnAddress(address), 0));
            await socket.ConnectAsync(tcp.Host, tcp.Port, token);
        }, cancellationToken);
    }

    private async Task<Stream> ConnectUnixAsync(ClientEndpoint.Unix unix, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        return await ConnectAsync(
            unix, socket, unix.Timeout, async token => await socket.ConnectAsync(new UnixDomainSocketEndPoint(unix.Path), token), cancellationToken);
    }

    private async Task<Stream> ConnectAsync(
        ClientEndpoint endpoint, Socket socket, TimeSpan limit, Func<CancellationToken, Task> connect, CancellationToken cancellationToken)
    {
        try
        {
            await WithinAsync(limit, $"{endpoint} did not answer in time", connect, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"cannot reach {endpoint}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Stream> SecureAsync(ClientEndpoint.Tls tls, Stream inner, CancellationToken cancellationToken)
    {
        var stream = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            using var identity = TlsIdentity.Load(tls);
            await WithinAsync(
                ClientEndpoint.DefaultTimeout, $"{tls} did not finish the handshake in time",
                token => stream.AuthenticateAsClientAsync(identity.Options, token), cancellationToken);
            return stream;
        }
        catch (AuthenticationException e)
        {
            await stream.DisposeAsync();
            throw new IOException($"cannot trust {tls}: {e.Message}", e);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task<Stream> TunnelAsync(ClientEndpoint.Tunnel tunnel, Stream proxy, CancellationToken cancellationToken)
    {
        try
        {
            Stream through = proxy;
            await WithinAsync(
                ClientEndpoint.DefaultTimeout, $"the proxy {tunnel.Proxy} did not answer in time",
                async token => through = await ProxyTunnel.OpenAsync(tunnel, proxy, token), cancellationToken);
            return through;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells a limit that was reached from a caller who gave up.</summary>
    private async Task WithinAsync(TimeSpan limit, string problem, Func<CancellationToken, Task> action, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await action(both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException(problem, e);
        }
    }

    private static IPAddress OwnAddress(string text) =>
        IPAddress.TryParse(text, out var address) ? address : throw new IOException($"bindAddress '{text}' is not an address of this machine");
}
