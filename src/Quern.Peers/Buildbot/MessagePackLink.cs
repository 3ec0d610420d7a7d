using System.Collections.Concurrent;
using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>A worker that speaks MessagePack over WebSocket and takes work. Made by <see cref="MessagePackAcceptor"/>.</summary>
public sealed class MessagePackLink : IWorkerLink, IWorkerRequestHandler
{
    private readonly MessagePackConnection _connection;
    private readonly MessagePackOptions _options;
    private readonly TimeProvider _time;
    private readonly ICommandTranslator _translator;
    private readonly ConcurrentDictionary<string, CommandRun> _runs = new();

    /// <summary>Of v7: places whose folders were made or asked for.</summary>
    private readonly ConcurrentDictionary<string, bool> _places;

    /// <summary>Null for v7, whose commands need no builder.</summary>
    private readonly BuilderPlaces? _builders;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _watch;
    private int _blocking;

    internal MessagePackLink(
        MessagePackConnection connection, WorkerName name, WorkerInfo info, ImmutableArray<string> places,
        MessagePackOptions options, TimeProvider time)
    {
        _places = new(places.Select(place => KeyValuePair.Create(place, true)));
        _connection = connection;
        _options = options;
        _time = time;
        bool v1 = connection.Revision is BuildbotRevision.V1;
        _builders = v1 ? new BuilderPlaces(connection, places) : null;
        _translator = v1 ? new BuilderCommandTranslator(info, options.BlockBytes) : new CommandTranslator(info, options.BlockBytes);
        Info = info;
        Description = WorkerDescriptions.Of(name, info, v1 ? "buildbot-msgpack-v1" : "buildbot-msgpack");
        connection.Handler = this;
        _watch = Task.WhenAll(EndRunsAsync(), new SilenceWatch(options, time).RunAsync(
            () => connection.Silence,
            () => connection.RequestAsync(number => new BuildbotMessage.Keepalive(number)),
            () => Volatile.Read(ref _blocking) > 0,
            connection.Close,
            _ended.Token));
    }

    public WorkerDescription Description { get; }

    /// <summary>Everything the worker said about itself.</summary>
    public WorkerInfo Info { get; }

    public Task<string> Closed => _connection.Closed;

    public async Task<CommandResult> RunAsync(
        RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(place);
        if (interrupt.IsCancellationRequested) return new CommandResult.Refused("the command was stopped before it began");
        if (_builders is not null && await _builders.AddAsync(place) is { } problem) return new CommandResult.Refused(problem);

        CommandResult result = new CommandResult.Ended(0);
        foreach (WireCommand wire in _translator.Translate(command, place))
        {
            result = await RunAsync(wire, command, place, observer, interrupt);
            if (result is not CommandResult.Ended { ExitCode: 0 }) break;
        }

        return result;
    }

    private async Task<CommandResult> RunAsync(
        WireCommand wire, RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt)
    {
        string id = _connection.NextCommandId();
        var run = new CommandRun(command, observer, _connection.Closed, _time, _options.MaxWaitingBytes)
        {
            GiveUp = Close,
            Complain = _connection.Complaints.Note,
        };
        bool blocking = CommandTranslator.MayBlockWorker(command);
        _runs[id] = run;
        if (blocking) Interlocked.Increment(ref _blocking);
        try
        {
            return await run.RunAsync(() => Start(run, id, wire, place), Interrupt, interrupt);
        }
        finally
        {
            if (blocking) Interlocked.Decrement(ref _blocking);
            _runs.TryRemove(id, out _);
        }

        // Nobody waits for the answer: the worker's last word comes as the command's end.
        void Interrupt(string why) =>
            _ = _connection.RequestAsync(number => new BuildbotMessage.InterruptCommand(number, id, why, place));
    }

    /// <summary>Makes the folders that are not there. Nothing is ever taken away: commands of v7 need no place.</summary>
    public void Offer(ImmutableArray<string> places)
    {
        if (_builders is not null)
        {
            _ = _builders.AddAsync(places.AsSpan());
            return;
        }

        foreach (string place in places)
            if (_places.TryAdd(place, true))
                _ = RunAsync(new RemoteCommand.MakeDirectory(["."]), place, NobodyObserver.Instance, CancellationToken.None);
    }

    public Task ShutdownAsync(CancellationToken cancellationToken) =>
        _connection.RequestAsync(number => new BuildbotMessage.Shutdown(number)).WaitAsync(cancellationToken);

    public void Close(string reason) => _connection.Close(reason);

    public async ValueTask DisposeAsync()
    {
        Close("the master let go of the worker");
        await _watch;
        await _connection.DisposeAsync();
        _ended.Dispose();
    }

    async ValueTask IWorkerRequestHandler.HandleAsync(IWorkerRequest request, string commandId)
    {
        if (_runs.TryGetValue(commandId, out CommandRun? run) && await run.EnqueueAsync(request)) return;
        _connection.Complaints.Note($"sent '{request.Message.GetType().Name}' for the command '{commandId}', which it does not run");
        await request.RefuseAsync(CommandRun.UnknownCommand);
    }

    /// <summary>
    /// Sends the command. Its response may come after all of its updates, so only a refusal is of interest, and nobody waits for it.
    /// </summary>
    private void Start(CommandRun run, string id, WireCommand wire, string place)
    {
        Task<BuildbotMessage.Response?> response = _connection.RequestAsync(
            number => new BuildbotMessage.StartCommand(number, id, wire.Name, wire.Arguments, place));
        run.Answered = WaitForRefusalAsync();

        async Task WaitForRefusalAsync()
        {
            switch (await response)
            {
                case null:
                    run.End();
                    break;
                case { IsException: true } refusal:
                    run.Refuse(refusal.Result is WireValue.Text text ? text.Value : "the worker refused the command");
                    break;
            }
        }
    }

    private async Task EndRunsAsync()
    {
        await _connection.Closed;
        await _ended.CancelAsync();
        foreach (CommandRun run in _runs.Values)
        {
            await run.Answered;
            run.End();
        }
    }
}
