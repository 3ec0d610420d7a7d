using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Quern.Model;
using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>A worker that speaks Perspective Broker and takes work. Made by <see cref="PerspectiveAcceptor"/>.</summary>
public sealed class PerspectiveLink : IWorkerLink
{
    private readonly PerspectiveConnection _connection;
    private readonly RemoteReference _bot;
    private readonly BuilderBook _builders;
    private readonly Avatar _avatar;
    private readonly PerspectiveLinkOptions _options;
    private readonly TimeProvider _time;
    private readonly Intake _intake;
    private readonly PerspectiveTranslator _translator;
    private readonly Complaints _complaints;
    private readonly ConcurrentDictionary<string, CommandRun> _runs = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _watch;
    private long _commandIds = -1;
    private int _blocking;

    internal PerspectiveLink(
        PerspectiveConnection connection, RemoteReference bot, BuilderBook builders, Avatar avatar,
        WorkerName name, WorkerInfo info, PerspectiveLinkOptions options, TimeProvider time, Complaints complaints)
    {
        _complaints = complaints;
        _connection = connection;
        _bot = bot;
        _builders = builders;
        _avatar = avatar;
        _options = options;
        _time = time;
        _intake = new Intake(time);
        _translator = new PerspectiveTranslator(info, options.BlockBytes);
        Info = info;
        Description = WorkerDescriptions.Of(name, info, "buildbot-pb");
        _watch = Task.WhenAll(EndRunsAsync(), new SilenceWatch(options, time).RunAsync(
            () => Silence,
            () => Print("keepalive"),
            () => Volatile.Read(ref _blocking) > 0,
            connection.Close,
            _ended.Token));
    }

    public WorkerDescription Description { get; }

    /// <summary>Everything the worker said about itself.</summary>
    public WorkerInfo Info { get; }

    public Task<string> Closed => _connection.Closed;

    public Task Leaving => _avatar.Leaving;

    public void Offer(ImmutableArray<string> places) => _ = _builders.OfferAsync(places);

    public async Task<CommandResult> RunAsync(
        RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(place);
        if (interrupt.IsCancellationRequested) return new CommandResult.Refused("the command was stopped before it began");
        ImmutableArray<PerspectiveCommand> parts = _translator.Translate(command, place, out string problem);
        if (problem.Length > 0) return new CommandResult.Refused(problem);

        (WorkerBuilder? builder, problem) = await _builders.TakeAsync(place);
        if (builder is null)
            return Closed.IsCompleted ? new CommandResult.Lost(await Closed) : new CommandResult.Refused(problem);
        bool blocking = CommandTranslator.MayBlockWorker(command);
        if (blocking) Interlocked.Increment(ref _blocking);
        try
        {
            CommandResult result = new CommandResult.Ended(0);
            foreach (PerspectiveCommand part in parts)
            {
                CommandResult end = await RunAsync(part, command, builder, observer, interrupt);
                if (end is not CommandResult.Ended { ExitCode: 0 } || parts.Length == 1) result = end;
                // As one command with many paths: making stops at the first that fails, removing goes on.
                if (result is not CommandResult.Ended { ExitCode: 0 } && (end is not CommandResult.Ended || command is RemoteCommand.MakeDirectory)) break;
            }

            return result;
        }
        finally
        {
            if (blocking) Interlocked.Decrement(ref _blocking);
            _builders.Release(builder);
        }
    }

    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        CallResult answer = await _connection.CallAsync(_bot, PerspectiveNames.Shutdown, []).WaitAsync(cancellationToken);
        // Before 0.8.3 only builders had it.
        if (answer is CallResult.Failed { Failure: var failure } && failure.Is("twisted.spread.flavors.NoSuchMethod") && _builders.Any() is { } any)
            await _connection.CallAsync(any, PerspectiveNames.Shutdown, []).WaitAsync(cancellationToken);
    }

    public void Close(string reason) => _connection.Close(reason);

    public async ValueTask DisposeAsync()
    {
        Close("the master let go of the worker");
        await _watch;
        await _connection.DisposeAsync();
        _ended.Dispose();
    }

    private async Task<CommandResult> RunAsync(
        PerspectiveCommand part, RemoteCommand command, WorkerBuilder builder, ICommandObserver observer, CancellationToken interrupt)
    {
        string id = Interlocked.Increment(ref _commandIds).ToString(CultureInfo.InvariantCulture);
        var run = new CommandRun(command, observer, Closed, _time, _options.MaxWaitingBytes)
        {
            GiveUp = Close,
            Complain = _complaints.Note,
            CutLineLength = CutLineLength,
        };
        long step = _connection.Export(new CommandObject(run, id, MasterObject.Step, _intake, _complaints));
        long? transfer = part.Transfer is { } kind ? _connection.Export(new CommandObject(run, id, kind, _intake, _complaints)) : null;
        _runs[id] = run;
        try
        {
            if (Closed.IsCompleted) run.End();
            return await run.RunAsync(Start, Interrupt, interrupt);
        }
        finally
        {
            _runs.TryRemove(id, out _);
            _connection.Withdraw(step);
            if (transfer is { } handed) _connection.Withdraw(handed);
        }

        // The answer may come after all updates, so only a refusal is of interest, and nobody waits for it.
        void Start()
        {
            try
            {
                // Both without effect in every worker there is, but masters say them before the first command.
                if (!builder.IsStarted)
                {
                    _ = Print("ping");
                    _ = _connection.CallAsync(builder.Reference!, PerspectiveNames.StartBuild, []);
                    builder.IsStarted = true;
                }

                run.Answered = WaitForRefusalAsync(run, _connection.CallAsync(
                    builder.Reference!, PerspectiveNames.StartCommand,
                    [new JellyValue.Remote(step), id, part.Name, Arguments(part, transfer)]));
            }
            catch (ArgumentException error)
            {
                run.Refuse($"the command cannot be sent over this protocol: {error.Message}");
            }
        }

        // Nobody waits for this either: the worker's last word comes as the command's end.
        void Interrupt(string why) => _ = _connection.CallAsync(
            builder.Reference!, PerspectiveNames.InterruptCommand, [id, why]);
    }

    /// <summary>Since the worker's last bytes; none while the master itself is slow to take what it said.</summary>
    private TimeSpan Silence
    {
        get
        {
            TimeSpan silence = _time.GetElapsedTime(_connection.LastHeard);
            TimeSpan idle = _intake.Idle;
            return idle < silence ? idle : silence;
        }
    }

    /// <summary>Where the worker cuts lines and loses characters; null when it keeps them whole or does not cut.</summary>
    private int? CutLineLength =>
        !Info.IsQuern && CommandVersions.AtLeast(Info.Commands, BuildbotNames.Shell, 3, 0) ? WorkerSettings.Buildbot.MaxLineLength - 1 : null;

    private static JellyValue.Dictionary Arguments(PerspectiveCommand part, long? transfer)
    {
        var arguments = (JellyValue.Dictionary)JellyWire.Write(part.Arguments);
        if (transfer is not { } id) return arguments;
        string name = part.Transfer is MasterObject.FileReader ? PerspectiveNames.Reader : PerspectiveNames.Writer;
        return new JellyValue.Dictionary(arguments.Entries.Add(new(JellyValue.Text.Of(name), new JellyValue.Remote(id))));
    }

    private static async Task WaitForRefusalAsync(CommandRun run, Task<CallResult> answer)
    {
        switch (await answer)
        {
            case CallResult.Lost:
                run.End();
                break;
            case CallResult.Failed refusal:
                run.Refuse(MasterObjectCalls.Describe(refusal.Failure));
                break;
        }
    }

    private Task<CallResult> Print(string message) => _connection.CallAsync(
        _bot, PerspectiveNames.Print, [], PerspectiveNames.Says(message));

    private async Task EndRunsAsync()
    {
        await Closed;
        await _ended.CancelAsync();
        foreach (CommandRun run in _runs.Values)
        {
            await run.Answered;
            run.End();
        }
    }
}
