using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Takes what a worker asks of its master. Called by the connection's one reader, a request at a time.</summary>
internal interface IWorkerRequestHandler
{
    /// <summary>Sees to it that the request is answered once. What it awaits holds up every other request of the connection.</summary>
    /// <param name="request">Slices of it lie in <paramref name="buffer"/>.</param>
    /// <param name="commandId">The command it belongs to.</param>
    /// <param name="buffer">The handler owns it from here on.</param>
    ValueTask HandleAsync(BuildbotMessage request, string commandId, PooledBuffer buffer);
}
