namespace Quern.Peers.Admin;

/// <summary>What a connection is: it follows from how it logged in, never from what the peer says of itself.</summary>
internal enum AdminSide
{
    Client,
    Agent,
}
