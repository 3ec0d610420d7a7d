using Quern.Peers.Ports;

namespace Quern.Peers.Buildbot;

/// <summary>Serves the connections of one listener in one protocol.</summary>
public interface IWorkerAcceptor
{
    /// <summary>Serves one connection until it ends; the gate is told why. Never throws for what the peer does.</summary>
    /// <param name="stream">The accepted connection, an <see cref="System.Net.Security.SslStream"/> where the listener has TLS; disposed at the end.</param>
    /// <param name="remote">Where it came from, for people.</param>
    /// <param name="cancellationToken">Closes the connection.</param>
    Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken);

    /// <summary>The same, for acceptors that want to know by which listener the peer came.</summary>
    Task ServeAsync(AcceptedConnection connection, CancellationToken cancellationToken) =>
        ServeAsync(connection.Stream, connection.Remote.ToString(), cancellationToken);
}
