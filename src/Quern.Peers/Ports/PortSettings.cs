using System.Net.Security;
using Quern.Peers.Buildbot;

namespace Quern.Peers.Ports;

/// <summary>What an open port does with those who come. Replaced as a whole while it is open; who is in keeps what it came in by.</summary>
public sealed record PortSettings(IWorkerAcceptor Acceptor)
{
    /// <summary>Asked anew for every connection, so that a certificate can change; null for none.</summary>
    public Func<SslServerAuthenticationOptions>? Tls { get; init; }

    public PortLimits Limits { get; init; } = new();

    /// <inheritdoc cref="AcceptedConnection.Agents"/>
    public bool Agents { get; init; } = true;

    /// <inheritdoc cref="AcceptedConnection.People"/>
    public bool People { get; init; } = true;
}
