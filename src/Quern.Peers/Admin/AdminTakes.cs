namespace Quern.Peers.Admin;

/// <summary>Whom a listener lets in.</summary>
/// <param name="StillKnown">Whether the certificate that the peer showed still counts; asked now and then.</param>
internal sealed record AdminTakes(bool Agents, bool Clients, Func<bool> StillKnown);
