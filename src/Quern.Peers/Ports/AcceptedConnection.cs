using System.Net;

namespace Quern.Peers.Ports;

/// <summary>A connection that a port let in; TLS is done.</summary>
/// <param name="Stream">An <see cref="System.Net.Security.SslStream"/> where the port has TLS. A client certificate that it carries was not judged.</param>
/// <param name="Remote">IPv4 as IPv4, also where the port has both families.</param>
/// <param name="Local">The address of this machine that the peer reached.</param>
public sealed record AcceptedConnection(Stream Stream, IPEndPoint Remote, IPEndPoint Local)
{
    /// <summary>Of the admin protocol: whether the listener lets agents in.</summary>
    public bool Agents { get; init; } = true;

    /// <summary>Of the admin protocol: whether the listener lets people in.</summary>
    public bool People { get; init; } = true;
}
