using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>One command as <c>startCommand</c> takes it.</summary>
/// <param name="Name">For instance <c>shell</c>.</param>
/// <param name="Arguments">Without the reference of a transfer.</param>
/// <param name="Transfer">What is handed out with it besides the step; null for none.</param>
internal sealed record PerspectiveCommand(string Name, WireValue.Map Arguments, MasterObject? Transfer = null);
