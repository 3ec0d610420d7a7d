using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Quern.Model;

namespace Quern.Scenarios.Farm;

/// <summary>
/// A worker whose commands do what their words say: <c>exit N</c>, <c>say TEXT</c>, <c>wait</c> (until released or
/// interrupted), <c>env NAME</c> (says the variable), <c>refuse TEXT</c>, <c>vanish</c> (the link closes in mid-command). Everything it was asked stands in <see cref="Asked"/>.
/// </summary>
internal sealed class SteeredLink(string name) : IWorkerLink
{
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new();

    public WorkerDescription Description { get; } = new() { Name = new WorkerName(name), Protocol = "steered", Commands = ["shell"] };

    public Task<string> Closed => _closed.Task;

    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>What <c>env</c> saw.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    /// <summary>Running commands of the form <c>wait KEY</c>; completes when that command has begun.</summary>
    public Task Began(string key) => _began.GetOrAdd(key, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _began = new();

    public void Release(string key) => _waiting.GetOrAdd(key, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    public async Task<CommandResult> RunAsync(RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt)
    {
        if (command is not RemoteCommand.Shell { Command: [var verb, .. var rest] } shell)
            return new CommandResult.Refused($"steered workers run shell commands, not {command.GetType().Name}");
        Asked.Enqueue($"{place}: {verb} {string.Join(' ', rest)}".TrimEnd());
        switch (verb)
        {
            case "exit":
                return new CommandResult.Ended(int.Parse(rest[0], CultureInfo.InvariantCulture));
            case "say":
                await observer.OutputAsync(OutputStream.Stdout, "", Encoding.UTF8.GetBytes(rest[0] + "\n"), DateTimeOffset.UnixEpoch);
                return new CommandResult.Ended(0);
            case "env":
                string seen = $"{rest[0]}={shell.Environment[rest[0]]}";
                Seen.Enqueue(seen);
                await observer.OutputAsync(OutputStream.Stdout, "", Encoding.UTF8.GetBytes(seen + "\n"), DateTimeOffset.UnixEpoch);
                return new CommandResult.Ended(0);
            case "refuse":
                return new CommandResult.Refused($"cannot do {rest[0]}");
            case "vanish":
                Close("the cable was pulled");
                return new CommandResult.Lost("the cable was pulled");
            case "wait":
                _began.GetOrAdd(rest[0], _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                var released = _waiting.GetOrAdd(rest[0], _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using (interrupt.Register(() => stopped.TrySetResult()))
                {
                    var first = await Task.WhenAny(released, stopped.Task, _closed.Task);
                    if (first == _closed.Task) return new CommandResult.Lost(await _closed.Task);
                    return new CommandResult.Ended(first == released ? 0 : -1);
                }
            default:
                return new CommandResult.Refused($"unknown verb {verb}");
        }
    }

    public Task ShutdownAsync(CancellationToken cancellationToken)
    {
        Close("shutdown");
        return Task.CompletedTask;
    }

    public void Close(string reason) => _closed.TrySetResult(reason);

    public ValueTask DisposeAsync()
    {
        Close("disposed");
        return ValueTask.CompletedTask;
    }

    public static RemoteCommand Do(params string[] words) => new RemoteCommand.Shell { Command = [.. words] };
}
