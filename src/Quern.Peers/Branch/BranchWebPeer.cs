using System.Net;

namespace Quern.Peers.Branch;

/// <summary>Where a request over HTTP came from, and by which address it found us.</summary>
/// <param name="BaseUrl">The front of addresses that are given to this peer.</param>
public sealed record BranchWebPeer(IPAddress From, string BaseUrl);
