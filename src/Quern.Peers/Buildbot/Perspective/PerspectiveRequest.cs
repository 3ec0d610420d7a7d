using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>A request that came as a call on an object of a command; the call holds its bytes.</summary>
internal sealed class PerspectiveRequest(IncomingCall call, BuildbotMessage message) : IWorkerRequest
{
    // What is kept of a call besides its bytes, roughly: values, tasks, and the array of the pool around a few bytes.
    private const int Overhead = 1024;

    public BuildbotMessage Message => message;

    public int Length { get; } = Overhead + call.Size;

    public ValueTask AnswerAsync(WireValue result)
    {
        // Real masters answer an update with its number, which has always been 0.
        call.Answer(message is BuildbotMessage.Update ? new JellyValue.Integer(0) : JellyWire.Write(result));
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// A transfer is not refused by an error: a stock worker that gets one fails at telling how its command ended, and the command
    /// never ends (Twisted 22.4 cannot send on an exception that came from elsewhere). It is told that its block was taken, or that
    /// the file is at its end; what is refused is used for nothing all the same, and the command is being interrupted.
    /// </summary>
    public ValueTask RefuseAsync(string error)
    {
        switch (message)
        {
            case BuildbotMessage.Update or BuildbotMessage.Complete:
                call.Fail(CopiedFailure.Of("twisted.spread.pb.Error", error));
                break;
            case BuildbotMessage.ReadFile:
                call.Answer(new JellyValue.Bytes(default));
                break;
            default:
                call.Answer(JellyValue.None.Value);
                break;
        }

        return ValueTask.CompletedTask;
    }
}
