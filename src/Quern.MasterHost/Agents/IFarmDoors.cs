using System.Collections.Immutable;
using System.Net;

namespace Quern.MasterHost.Agents;

/// <summary>Tells where agents can reach this farm, as it is at this moment. Safe for many calls at once.</summary>
internal interface IFarmDoors
{
    Task<FarmDoors> FindAsync(CancellationToken cancellationToken);
}

/// <param name="Admin">Open listeners for administration that let agents in.</param>
/// <param name="Masters">Open listeners for workers, with TLS.</param>
/// <param name="KeyPins">SHA-256 of the public keys (SubjectPublicKeyInfo) that <paramref name="Admin"/> and <paramref name="Masters"/> show, in Base64; each once.</param>
internal sealed record FarmDoors(ImmutableArray<IPEndPoint> Admin, ImmutableArray<IPEndPoint> Masters, ImmutableArray<string> KeyPins);
