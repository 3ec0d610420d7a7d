using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>
/// What a worker asks about a command it runs, whatever protocol brought it. It holds the bytes that its message points into
/// until it is answered or refused, which is done exactly once.
/// </summary>
internal interface IWorkerRequest
{
    BuildbotMessage Message { get; }

    /// <summary>Bytes it holds.</summary>
    int Length { get; }

    ValueTask AnswerAsync(WireValue result);

    ValueTask RefuseAsync(string error);
}
