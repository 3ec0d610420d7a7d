using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>A command in the protocol's words.</summary>
/// <param name="Name">For instance <c>shell</c>.</param>
/// <param name="Arguments">See buildbot-commands.md.</param>
internal sealed record WireCommand(string Name, WireValue.Map Arguments);
