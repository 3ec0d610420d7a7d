using System.Net;

namespace Quern.MasterHost.Listeners;

/// <summary>A port that is open.</summary>
/// <param name="EndPoint">With the port that was chosen when 0 was asked for.</param>
/// <param name="Close">Closes it with all its connections, and waits for them. Called once.</param>
internal sealed record OpenDoor(IPEndPoint EndPoint, Func<ValueTask> Close);
