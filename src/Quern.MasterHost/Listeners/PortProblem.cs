using System.Net;
using System.Net.Sockets;

namespace Quern.MasterHost.Listeners;

/// <summary>Says why a port could not be opened, and what to do.</summary>
internal static class PortProblem
{
    public static string Explain(string protocol, IPEndPoint endPoint, SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"{protocol} cannot listen on {endPoint}: another program has this port. Stop that program ('ss -ltnp' shows it), or choose another port (0 picks a free one).",
        SocketError.AddressNotAvailable =>
            $"{protocol} cannot listen on {endPoint}: this machine has no such address. 'ip address' shows those it has.",
        SocketError.AccessDenied =>
            $"{protocol} cannot listen on {endPoint}: ports below 1024 need a right that this user does not have. Choose a higher port.",
        _ => $"{protocol} cannot listen on {endPoint}: {error.Message}.",
    };
}
