namespace Quern.Peers.Ports;

/// <summary>What happened at a port since it was opened.</summary>
/// <param name="Active">Connections of now.</param>
/// <param name="Accepted">Handed to the protocol.</param>
/// <param name="TooMany">Closed because so many were there already, at this port or at all ports together.</param>
/// <param name="TooFast">Closed because too many came within a second.</param>
/// <param name="TlsFailed">Ended by a TLS handshake that came to nothing.</param>
/// <param name="TlsTooSlow">Closed because the TLS handshake took too long.</param>
public readonly record struct PortCounts(int Active, long Accepted, long TooMany, long TooFast, long TlsFailed, long TlsTooSlow)
{
    public long Refused => TooMany + TooFast + TlsFailed + TlsTooSlow;
}
