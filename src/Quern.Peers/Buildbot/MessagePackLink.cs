using System.Collections.Concurrent;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>A worker that speaks MessagePack over WebSocket and takes work. Made by <see cref="MessagePackAcceptor"/>.</summary>
public sealed class MessagePackLink : IWorkerLink, IWorkerRequestHandler
{
    private readonly MessagePackConnection _connection;
    private readonly MessagePackOptions _options;
    private readonly TimeProvider _time;
    private readonly CommandTranslator _translator;
    private readonly ConcurrentDictionary<string, CommandRun> _runs = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _watch;
    private int _blocking;

    internal MessagePackLink(
        MessagePackConnection connection, WorkerName name, WorkerInfo info, MessagePackOptions options, TimeProvider time)
    {
        _connection = connection;
        _options = options;
        _time = time;
        _translator = new CommandTranslator(info, options.BlockBytes);
        Info = info;
        Description = Describe(name, info);
        connection.Handler = this;
        _watch = Task.WhenAll(EndRunsAsync(), WatchSilenceAsync());
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

        (string name, WireValue.Map arguments) = _translator.Translate(command, place);
        string id = _connection.NextCommandId();
        var run = new CommandRun(_connection, command, observer, _time, _options.MaxWaitingBytes);
        bool blocking = CommandTranslator.MayBlockWorker(command);
        _runs[id] = run;
        if (blocking) Interlocked.Increment(ref _blocking);
        try
        {
            Task<CommandResult> pump = run.PumpAsync();
            Start(run, id, name, arguments, place);
            await using (interrupt.UnsafeRegister(_ => Interrupt("stop requested"), null))
                return await EndAsync(run, pump);
        }
        finally
        {
            if (blocking) Interlocked.Decrement(ref _blocking);
            _runs.TryRemove(id, out _);
        }

        // Nobody waits for the answer: the worker's last word comes as the command's end.
        void Interrupt(string why) =>
            _ = _connection.RequestAsync(number => new BuildbotMessage.InterruptCommand(number, id, why, place));

        async Task<CommandResult> EndAsync(CommandRun running, Task<CommandResult> end)
        {
            if (await Task.WhenAny(end, running.ObserverFailed.Task) != end) Interrupt("the master could not take the output");
            return await end;
        }
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

    async ValueTask IWorkerRequestHandler.HandleAsync(BuildbotMessage request, string commandId, PooledBuffer buffer)
    {
        if (_runs.TryGetValue(commandId, out CommandRun? run) && await run.EnqueueAsync(request, buffer)) return;
        buffer.Dispose();
        await _connection.RefuseAsync(request.SequenceNumber, CommandRun.UnknownCommand);
    }

    /// <summary>
    /// Sends the command. Its response may come after all of its updates, so only a refusal is of interest, and nobody waits for it.
    /// </summary>
    private void Start(CommandRun run, string id, string name, WireValue.Map arguments, string place)
    {
        Task<BuildbotMessage.Response?> response = _connection.RequestAsync(
            number => new BuildbotMessage.StartCommand(number, id, name, arguments, place));
        _ = WaitForRefusalAsync();

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
        foreach (CommandRun run in _runs.Values) run.End();
    }

    private async Task WatchSilenceAsync()
    {
        Task? asked = null;
        while (!_ended.IsCancellationRequested)
        {
            await Task.Delay(_options.KeepaliveInterval / 4, _time, _ended.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            TimeSpan silence = _connection.Silence;
            switch (SilenceRule.Judge(silence, asked is { IsCompleted: false }, Volatile.Read(ref _blocking) > 0, _options))
            {
                case SilenceVerdict.Ask:
                    asked = _connection.RequestAsync(number => new BuildbotMessage.Keepalive(number));
                    break;
                case SilenceVerdict.GiveUp:
                    Close($"the worker has said nothing for {(long)silence.TotalSeconds} s");
                    break;
            }
        }
    }

    private static WorkerDescription Describe(WorkerName name, WorkerInfo info) => new()
    {
        Name = name,
        Protocol = "buildbot-msgpack",
        Version = info.Version,
        BaseDirectory = info.BaseDirectory,
        CpuCount = info.CpuCount,
        Architecture = info.Architecture,
        OperatingSystem = info.OperatingSystem.GetValueOrDefault("pretty_name")
            ?? $"{info.OperatingSystem.GetValueOrDefault("name")} {info.OperatingSystem.GetValueOrDefault("version")}".Trim(),
        Commands = [.. info.Commands.Keys],
        Admin = info.Admin,
        Host = info.Host,
    };
}
