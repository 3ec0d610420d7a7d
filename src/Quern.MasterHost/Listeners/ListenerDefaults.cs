using Quern.MasterHost.Configuration;
using Quern.Peers.Ports;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>What holds for a listener where nothing is said.</summary>
internal static class ListenerDefaults
{
    /// <summary>Connections at once: more than any farm has workers, fewer than a machine has descriptors for.</summary>
    private const int Connections = 10_000;

    private const int LeafConnections = 4096;

    public static PortLimits LimitsOf(StoredListener listener)
    {
        var limits = new PortLimits { Connections = listener.Protocol == ListenerProtocols.Leaf ? LeafConnections : Connections };
        return limits with
        {
            Connections = listener.MaxConnections > 0 ? listener.MaxConnections : limits.Connections,
            // None: a farm that comes back is joined by all its workers within a second.
            PerSecond = listener.MaxPerSecond,
            Handshake = listener.Handshake > TimeSpan.Zero ? listener.Handshake : limits.Handshake,
        };
    }

    /// <summary>Whether peers are asked who they are by certificate. A browser would ask its user which one to send, so not over HTTP.</summary>
    public static bool AsksWho(string protocol) => protocol is ListenerProtocols.Admin or ListenerProtocols.BuildbotMessagePack;

    /// <summary>Whether people come in by it.</summary>
    public static bool LetsPeopleIn(StoredListener listener) =>
        listener.Protocol == ListenerProtocols.Http || (listener.Protocol == ListenerProtocols.Admin && listener.ClientAcceptor);
}
