using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>A request that came as a MessagePack message in <paramref name="buffer"/>.</summary>
internal sealed class MessagePackRequest(MessagePackConnection connection, BuildbotMessage message, PooledBuffer buffer) : IWorkerRequest
{
    public BuildbotMessage Message => message;

    public int Length => buffer.Length;

    public async ValueTask AnswerAsync(WireValue result)
    {
        using (buffer) await connection.RespondAsync(message.SequenceNumber, result);
    }

    public async ValueTask RefuseAsync(string error)
    {
        using (buffer) await connection.RefuseAsync(message.SequenceNumber, error);
    }
}
