namespace Quern.Peers.Buildbot;

/// <summary>Takes what a worker asks of its master. Called by the connection's one reader, a request at a time.</summary>
internal interface IWorkerRequestHandler
{
    /// <summary>Sees to it that the request is answered once. What it awaits holds up every other request of the connection.</summary>
    /// <param name="request">The handler owns it from here on.</param>
    /// <param name="commandId">The command it belongs to.</param>
    ValueTask HandleAsync(IWorkerRequest request, string commandId);
}
