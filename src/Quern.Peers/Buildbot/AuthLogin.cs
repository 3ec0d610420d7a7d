using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>
/// The login of revision v1: <c>auth</c> must be the first message of a connection. buildbot-msgpack.md section 13.1. Used once,
/// by the connection's reader.
/// </summary>
/// <param name="gate">Knows who may log in.</param>
/// <param name="certified">Whose certificate the worker showed; then nothing is asked of it. Null when it showed none.</param>
/// <param name="remote">Where the connection comes from.</param>
/// <param name="clock">Is told when the worker has said who it is.</param>
/// <param name="maxMessageBytes">What a message may cost once the login is accepted.</param>
internal sealed class AuthLogin(IWorkerGate gate, WorkerName? certified, string remote, LoginClock clock, int maxMessageBytes)
{
    private readonly TaskCompletionSource<WorkerName> _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the name once the worker is in; never when it is not.</summary>
    public Task<WorkerName> Accepted => _accepted.Task;

    /// <summary>Takes the first message and answers it; why the connection must end, or the empty text.</summary>
    public async ValueTask<string> TakeAsync(MessagePackConnection connection, BuildbotMessage message, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case BuildbotMessage.Auth auth:
                return await CheckAsync(connection, auth, cancellationToken);
            case BuildbotMessage.Response or BuildbotMessage.Ignored:
                break;
            case BuildbotMessage.Unanswerable { Operation: "auth" } wrong:
                await connection.RefuseAsync(wrong.SequenceNumber, wrong.Error);
                break;
            default:
                await connection.RefuseAsync(message.SequenceNumber, MessagePackConnection.NotAttached);
                break;
        }

        return "the first message was no login";
    }

    private async ValueTask<string> CheckAsync(
        MessagePackConnection connection, BuildbotMessage.Auth auth, CancellationToken cancellationToken)
    {
        bool named = WorkerName.TryParse(auth.UserName, out WorkerName name);
        clock.Asked();
        bool proved;
        try
        {
            proved = certified is not null || named && await gate.CheckAsync(name, auth.Password, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return MessagePackAcceptor.CameAgain;
        }

        if (certified is { } known) name = known;
        else if (!proved)
        {
            if (named) gate.Refused(name, remote);
            await connection.RespondAsync(auth.SequenceNumber, false);
            return "an unknown name or a wrong password";
        }

        connection.Limit(maxMessageBytes);
        await connection.RespondAsync(auth.SequenceNumber, true);
        _accepted.TrySetResult(name);
        return "";
    }
}
