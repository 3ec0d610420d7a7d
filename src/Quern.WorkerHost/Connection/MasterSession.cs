using System.Collections.Concurrent;
using Quern.Execution;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>The worker's side of the conversation on one link: answers the master and runs its commands.</summary>
internal sealed class MasterSession(
    MasterLink link, CommandEngine engine, WorkerFacts facts, TimeProvider time, Action<string> log) : IDisposable
{
    private static readonly TimeSpan ShutdownDelay = TimeSpan.FromSeconds(0.2);   // as stock workers: the answer gets out first

    private readonly ConcurrentDictionary<string, RunningCommand> _commands = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, byte> _tasks = new();
    private readonly CancellationTokenSource _shutdown = new();
    private WorkerSettings _settings = WorkerSettings.Buildbot;

    /// <summary>Whether the master asked the worker to end.</summary>
    public bool ShutdownRequested { get; private set; }

    /// <summary>Until the link ends; running commands are stopped then, for nobody would hear them.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_shutdown.Token, cancellationToken);
        string reason = await link.RunAsync(Handle, stop.Token);
        foreach (var command in _commands.Values) command.Abandon();
        await Task.WhenAll(_tasks.Keys);
        return ShutdownRequested ? "the master asked the worker to end" : reason;
    }

    public void Dispose() => _shutdown.Dispose();

    private void Handle(BuildbotMessage message)
    {
        switch (message)
        {
            case BuildbotMessage.Print print:
                log($"message from master: {print.Message}");
                Respond(print, WireValue.Nil.Value);
                break;
            case BuildbotMessage.Keepalive:
                Respond(message, WireValue.Nil.Value);
                break;
            case BuildbotMessage.GetWorkerInfo:
                Respond(message, facts.ToWire());
                break;
            case BuildbotMessage.SetWorkerSettings set:
                _settings = set.Settings;
                Respond(set, WireValue.Nil.Value);
                break;
            case BuildbotMessage.StartCommand start:
                Start(start);
                break;
            case BuildbotMessage.InterruptCommand interrupt:
                Keep(InterruptAsync(interrupt));
                break;
            case BuildbotMessage.Shutdown:
                Respond(message, WireValue.Nil.Value);
                ShutdownRequested = true;
                Keep(ShutDownAsync());
                break;
            case BuildbotMessage.Unanswerable bad:
                link.Respond(new BuildbotMessage.Response(bad.SequenceNumber, bad.Error, IsException: true));
                break;
        }
    }

    private void Start(BuildbotMessage.StartCommand start)
    {
        var result = engine.Start(start.CommandName, start.Arguments, new WireChannel(link, start.CommandId), _settings);
        if (result is StartResult.Refused refused)
        {
            link.Respond(new BuildbotMessage.Response(start.SequenceNumber, refused.Reason, IsException: true));
            return;
        }
        var command = ((StartResult.Started)result).Command;
        _commands[start.CommandId] = command;
        Keep(ForgetAsync(start.CommandId, command));
        Respond(start, WireValue.Nil.Value);
    }

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

    private async Task ShutDownAsync()
    {
        await Task.Delay(ShutdownDelay, time);
        await _shutdown.CancelAsync();
    }

    private void Respond(BuildbotMessage request, WireValue result) =>
        link.Respond(new BuildbotMessage.Response(request.SequenceNumber, result, IsException: false));

    /// <summary>Keeps a task until it ends; none of them faults.</summary>
    private void Keep(Task task)
    {
        if (task.IsCompletedSuccessfully) return;
        _tasks[task] = 0;
        _ = DropAsync(task);
    }

    private async Task DropAsync(Task task)
    {
        await task;
        _tasks.TryRemove(task, out _);
    }
}
