using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>A master of <c>msgpack_experimental_v7</c>: the opening request was the login, and paths arrive complete.</summary>
internal sealed class MessagePackV7Master(MessagePackConnection connection) : MessagePackMaster(connection)
{
    private WorkerSettings _settings = WorkerSettings.Buildbot;   // by the connection's reader alone

    public override async Task<LinkEnd> ServeAsync(WorkerSession session, CancellationToken cancellationToken)
    {
        session.Joined();
        return new LinkEnd.Lost(await Connection.RunAsync(message => Handle(session, message), cancellationToken));
    }

    protected override void HandleOwn(WorkerSession session, BuildbotMessage message)
    {
        if (message is not BuildbotMessage.SetWorkerSettings set) return;
        _settings = set.Settings;
        Respond(set, WireValue.Nil.Value);
    }

    protected override void Start(WorkerSession session, BuildbotMessage.StartCommand start) =>
        Start(session, start, start.Arguments, _settings);
}
