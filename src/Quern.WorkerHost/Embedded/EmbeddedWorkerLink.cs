using System.Collections.Immutable;
using Quern.Execution;
using Quern.Model;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>
/// A worker in the master's own process: the engine of <c>quern-worker</c> without a wire. What runs here has the master's
/// environment and user.
/// </summary>
public sealed class EmbeddedWorkerLink : IWorkerLink
{
    // A watcher sees output soon, and a chatty program is still sent in large pieces.
    private static readonly WorkerSettings Settings = WorkerSettings.Buildbot with
    {
        BufferSize = 1 << 20,
        BufferTimeout = TimeSpan.FromMilliseconds(100),
    };

    private readonly FolderClaim _folder;
    private readonly CommandEngine _engine;
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();

    /// <param name="name">What the farm calls it.</param>
    /// <param name="baseDirectory">The folder of its working places; made when missing.</param>
    /// <param name="time">For timers and durations.</param>
    /// <exception cref="IOException">The folder cannot be made or written, or another worker has it.</exception>
    public EmbeddedWorkerLink(WorkerName name, string baseDirectory, TimeProvider time)
    {
        _folder = FolderClaim.TryTake(baseDirectory, out string problem) ?? throw new IOException(problem);
        var environment = OwnNecessities();
        _engine = new CommandEngine(
            new EngineOptions { BaseDirectory = baseDirectory, Environment = environment, Run = _folder.Run, UpdatesInFlight = 1, BlocksInFlight = 1 }, time);
        var facts = WorkerFacts.Gather(baseDirectory, environment);
        Description = new WorkerDescription
        {
            Name = name,
            Protocol = "embedded",
            Version = WorkerFacts.Version,
            BaseDirectory = baseDirectory,
            CpuCount = Environment.ProcessorCount,
            Architecture = WorkerFacts.Architecture,
            OperatingSystem = facts.OperatingSystem.FirstOrDefault(e => e.Key == "pretty_name").Value ?? "",
            Commands = [.. CommandEngine.Commands.Select(c => c.Key)],
            Admin = facts.Info.GetValueOrDefault("admin", "").Trim(),
            Host = facts.Info.GetValueOrDefault("host", "").Trim(),
        };
    }

    // The master's own environment may hold secrets, and builds should not depend on the shell it was started from.
    private static ImmutableSortedDictionary<string, string> OwnNecessities() => EngineOptions.OwnEnvironment()
        .Where(v => v.Key is "PATH" or "HOME" or "LANG" or "LOGNAME" or "USER" or "SHELL" or "TMPDIR" or "TZ")
        .ToImmutableSortedDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);

    public WorkerDescription Description { get; }

    public Task<string> Closed => _closed.Task;

    public async Task<CommandResult> RunAsync(
        RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt)
    {
        if (_closed.Task.IsCompleted) return new CommandResult.Lost(await _closed.Task);
        var (name, arguments) = RemoteCommandArguments.For(command, Path.Combine(Description.BaseDirectory, place));
        using var channel = new ObserverChannel(observer);
        var started = _engine.Start(name, arguments, channel, Settings);
        if (started is StartResult.Refused refused) return new CommandResult.Refused(refused.Failure.Message);

        var running = ((StartResult.Started)started).Command;
        channel.Failed = running.Abandon;
        Task interrupting = Task.CompletedTask;
        await using (_closing.Token.Register(running.Abandon))
        await using (interrupt.Register(() => interrupting = running.InterruptAsync().AsTask()))
            await running.Completion;
        await interrupting;
        if (_closed.Task.IsCompleted) return new CommandResult.Lost(await _closed.Task);
        return channel.Result;
    }

    public Task ShutdownAsync(CancellationToken cancellationToken)
    {
        Close("the worker was shut down");
        return Task.CompletedTask;
    }

    public void Close(string reason)
    {
        if (_closed.TrySetResult(reason)) _closing.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        Close("the worker was stopped");
        await _engine.DisposeAsync();
        _folder.Dispose();
        _closing.Dispose();
    }
}
