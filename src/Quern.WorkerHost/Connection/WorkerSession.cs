using System.Collections.Concurrent;
using Quern.Execution;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>
/// What a worker does for one master while it is connected, the same for every protocol: it says what it is, runs commands and ends when
/// told to. The links translate. Life: made for one link; <see cref="RunAsync"/> once.
/// </summary>
internal sealed class WorkerSession(CommandEngine engine, WorkerFacts facts, TimeProvider time, Action joined, Action<string> log) : IDisposable
{
    private static readonly TimeSpan ShutdownDelay = TimeSpan.FromSeconds(0.2);   // as stock workers: the answer gets out first

    private readonly ConcurrentDictionary<RunningCommand, byte> _commands = new();
    private readonly ConcurrentDictionary<Task, byte> _tasks = new();
    private readonly CancellationTokenSource _shutdown = new();

    public WorkerFacts Facts => facts;

    public TimeProvider Time => time;

    /// <summary>Whether the master asked the worker to end.</summary>
    public bool ShutdownRequested { get; private set; }

    /// <summary>Until the link ends; running commands are stopped then, for nobody would hear them.</summary>
    public async Task<LinkEnd> RunAsync(IMasterLink link, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_shutdown.Token, cancellationToken);
        var end = await link.ServeAsync(this, stop.Token);
        foreach (var command in _commands.Keys) command.Abandon();
        await Task.WhenAll(_tasks.Keys);
        return ShutdownRequested ? new LinkEnd.Lost("the master asked the worker to end") : end;
    }

    /// <summary>The master has accepted the worker.</summary>
    public void Joined() => joined();

    public void Log(string text) => log(text);

    public void Print(string message) => log($"message from master: {message}");

    /// <summary>Starts a command; it is stopped when the session ends.</summary>
    public StartResult Start(string name, WireValue.Map arguments, ICommandChannel channel, WorkerSettings settings)
    {
        var result = engine.Start(name, arguments, channel, settings);
        if (result is StartResult.Started started)
        {
            _commands[started.Command] = 0;
            Keep(ForgetAsync(started.Command));
        }
        return result;
    }

    /// <summary>The master wants the worker to end: the session does, as soon as the answer has had time to get out.</summary>
    public void ShutDown()
    {
        ShutdownRequested = true;
        Keep(ShutDownAsync());
    }

    /// <summary>Keeps a task, which must not fault, until it ends; the session waits for it.</summary>
    public void Keep(Task task)
    {
        if (task.IsCompletedSuccessfully) return;
        _tasks[task] = 0;
        _ = DropAsync(task);
    }

    public void Dispose() => _shutdown.Dispose();

    private async Task ForgetAsync(RunningCommand command)
    {
        await command.Completion;
        _commands.TryRemove(command, out _);
    }

    private async Task ShutDownAsync()
    {
        await Task.Delay(ShutdownDelay, time);
        await _shutdown.CancelAsync();
    }

    private async Task DropAsync(Task task)
    {
        await task;
        _tasks.TryRemove(task, out _);
    }
}
