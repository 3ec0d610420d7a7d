namespace Quern.Peers.Ports;

/// <summary>How much a port lets in. Who comes beyond it is closed at once, before anything is read.</summary>
public sealed record PortLimits
{
    /// <summary>At once; those whose TLS handshake is not done count.</summary>
    public int Connections { get; init; } = int.MaxValue;

    /// <summary>New ones; as many may come in one moment when it was quiet before. 0 for as many as come.</summary>
    public int PerSecond { get; init; }

    /// <summary>From the connection to the end of the TLS handshake.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(10);
}
