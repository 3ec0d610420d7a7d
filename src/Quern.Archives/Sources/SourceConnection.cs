using System.Net;
using System.Net.Sockets;

namespace Quern.Archives;

/// <summary>Resolves, judges and connects in one place, so that the address judged is the address used.</summary>
public static class SourceConnection
{
    /// <param name="end">Where to.</param>
    /// <param name="allowPrivate">Whether any address may be used; else those of the public Internet alone.</param>
    /// <exception cref="AddressRefusedException">None of the addresses may be used.</exception>
    /// <exception cref="SocketException">None can be reached.</exception>
    public static async ValueTask<Stream> OpenAsync(DnsEndPoint end, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(end.Host, cancellationToken);
        Exception? first = null;
        foreach (var address in addresses)
        {
            if (!allowPrivate && AddressFilter.Refusal(address) is { } what)
            {
                first ??= new AddressRefusedException($"{end.Host} has the address {address}, which is {what}");
                continue;
            }
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, end.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                first ??= e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        throw first ?? new SocketException((int)SocketError.HostNotFound);
    }
}
