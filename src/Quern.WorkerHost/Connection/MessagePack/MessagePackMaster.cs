using System.Collections.Concurrent;
using Quern.Execution;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>
/// A master that speaks MessagePack over WebSocket: commands are known by their ids, and any number runs at once. What its revisions do
/// differently is below it.
/// </summary>
internal abstract class MessagePackMaster(MessagePackConnection connection) : IMasterLink
{
    private readonly ConcurrentDictionary<string, RunningCommand> _commands = new(StringComparer.Ordinal);

    protected MessagePackConnection Connection => connection;

    public abstract Task<LinkEnd> ServeAsync(WorkerSession session, CancellationToken cancellationToken);

    /// <summary>No revision has a word for it; a stock worker cannot ask either.</summary>
    public Task<string?> AskForShutdownAsync() =>
        Task.FromResult<string?>("a worker cannot ask for a graceful shutdown over MessagePack; pb can");

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>One request of the master; called by the connection's reader, one after the other.</summary>
    protected void Handle(WorkerSession session, BuildbotMessage message)
    {
        switch (message)
        {
            case BuildbotMessage.Print print:
                session.Print(print.Message);
                Respond(print, WireValue.Nil.Value);
                break;
            case BuildbotMessage.Keepalive:
                Respond(message, WireValue.Nil.Value);
                break;
            case BuildbotMessage.GetWorkerInfo:
                Respond(message, session.Facts.ToWire());
                break;
            case BuildbotMessage.StartCommand start:
                Start(session, start);
                break;
            case BuildbotMessage.InterruptCommand interrupt:
                session.Keep(InterruptAsync(interrupt));
                break;
            case BuildbotMessage.Shutdown:
                Respond(message, WireValue.Nil.Value);
                session.ShutDown();
                break;
            case BuildbotMessage.Unanswerable bad:
                Refuse(bad, bad.Error);
                break;
            default:
                HandleOwn(session, message);
                break;
        }
    }

    /// <summary>A request that one revision alone has.</summary>
    protected abstract void HandleOwn(WorkerSession session, BuildbotMessage message);

    /// <summary>Starts a command with complete paths and answers the master.</summary>
    protected abstract void Start(WorkerSession session, BuildbotMessage.StartCommand start);

    /// <summary>The same, with the arguments that <see cref="Start(WorkerSession, BuildbotMessage.StartCommand)"/> made.</summary>
    /// <returns>Null when the command was refused.</returns>
    protected RunningCommand? Start(WorkerSession session, BuildbotMessage.StartCommand start, WireValue.Map arguments, WorkerSettings settings)
    {
        var result = session.Start(start.CommandName, arguments, new MessagePackChannel(connection, start.CommandId), settings);
        if (result is not StartResult.Started { Command: var command })
        {
            Refuse(start, ((StartResult.Refused)result).Failure.Message);
            return null;
        }
        _commands[start.CommandId] = command;
        session.Keep(ForgetAsync(start.CommandId, command));
        Respond(start, WireValue.Nil.Value);
        return command;
    }

    protected void Respond(BuildbotMessage request, WireValue result) =>
        connection.Respond(new BuildbotMessage.Response(request.SequenceNumber, result, IsException: false));

    protected void Refuse(BuildbotMessage request, string reason) =>
        connection.Respond(new BuildbotMessage.Response(request.SequenceNumber, reason, IsException: true));

    private async Task ForgetAsync(string id, RunningCommand command)
    {
        await command.Completion;
        _commands.TryRemove(KeyValuePair.Create(id, command));
    }

    /// <summary>Answered after what was held back has been sent, also when no such command runs.</summary>
    private async Task InterruptAsync(BuildbotMessage.InterruptCommand interrupt)
    {
        if (_commands.TryGetValue(interrupt.CommandId, out var command)) await command.InterruptAsync();
        Respond(interrupt, WireValue.Nil.Value);
    }
}
