using System.Threading.Channels;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Drives an <see cref="IAttachSequence"/> over a connection. Made before the connection begins to read: a worker may speak first.</summary>
internal sealed class WorkerAttach : IWorkerRequestHandler
{
    private readonly MessagePackConnection _connection;
    private readonly MessagePackOptions _options;

    // A sane worker has three messages in flight here; a flood holds up nothing but its own connection.
    private readonly Channel<AttachInput> _inputs = Channel.CreateBounded<AttachInput>(16);

    public WorkerAttach(MessagePackConnection connection, MessagePackOptions options)
    {
        (_connection, _options) = (connection, options);
        connection.Handler = this;
    }

    /// <summary>Runs until the worker is attached, has failed, or is gone.</summary>
    public async Task<AttachState> RunAsync(IAttachSequence sequence, CancellationToken cancellationToken)
    {
        AttachState state = AttachSequence.Initial;
        AttachInput input = new AttachInput.Started();
        while (true)
        {
            AttachStep step = sequence.Next(state, input);
            state = step.State;
            if (state is AttachState.Attached or AttachState.Failed) return state;
            if (state is AttachState.Setting or AttachState.Placing) _connection.Limit(_options.MaxMessageBytes);
            if (step.Request is not null) _ = AskAsync(step.Request);

            Task<bool> more = _inputs.Reader.WaitToReadAsync(cancellationToken).AsTask();
            if (await Task.WhenAny(more, _connection.Closed) != more)
                return new AttachState.Failed(await _connection.Closed);
            await more;
            _inputs.Reader.TryRead(out AttachInput? next);
            input = next!;
        }
    }

    async ValueTask IWorkerRequestHandler.HandleAsync(IWorkerRequest request, string commandId)
    {
        AttachInput? input = request.Message switch
        {
            // Only numbers and names are used here, which are copies.
            BuildbotMessage.Update update => new AttachInput.Said(update.Entries),
            BuildbotMessage.Complete complete => new AttachInput.Completed(complete.Failure),
            _ => null,
        };
        if (input is null)
        {
            await request.RefuseAsync(CommandRun.UnknownCommand);
            return;
        }

        await request.AnswerAsync(WireValue.Nil.Value);
        if (_inputs.Writer.TryWrite(input)) return;
        _connection.Close("the worker sent more than belongs in the attach sequence");
    }

    private async Task AskAsync(AttachRequest request)
    {
        string id = request is AttachRequest.StartCommand ? _connection.NextCommandId() : "";
        BuildbotMessage.Response? response = await _connection.RequestAsync(number => request switch
        {
            AttachRequest.Print print => new BuildbotMessage.Print(number, print.Message),
            AttachRequest.SetWorkerSettings settings => new BuildbotMessage.SetWorkerSettings(number, settings.Settings),
            AttachRequest.SetBuilderList list => new BuildbotMessage.SetBuilderList(number, list.Builders),
            AttachRequest.StartCommand start =>
                new BuildbotMessage.StartCommand(number, id, start.CommandName, start.Arguments, BuilderName: null),
            _ => new BuildbotMessage.GetWorkerInfo(number),
        });
        if (response is not null) _inputs.Writer.TryWrite(new AttachInput.Answered(response.Result, response.IsException));
    }
}
