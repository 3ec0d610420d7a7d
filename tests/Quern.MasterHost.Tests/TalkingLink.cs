using System.Text;
using Quern.Model;

namespace Quern.MasterHost.Tests;

/// <summary>A worker that says what it is told to run and ends well.</summary>
internal sealed class TalkingLink : IWorkerLink
{
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _sentHome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WorkerDescription Description { get; } = new() { Name = new WorkerName("talker"), Protocol = "test", Architecture = "x86_64" };

    public Task<string> Closed => _closed.Task;

    public async Task<CommandResult> RunAsync(RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt)
    {
        if (command is RemoteCommand.Shell shell)
            await observer.OutputAsync(OutputStream.Stdout, "", Encoding.UTF8.GetBytes(string.Join('\n', shell.Command) + "\n"), DateTimeOffset.UnixEpoch);
        return new CommandResult.Ended(0);
    }

    /// <summary>Completes when it is told to end.</summary>
    public Task SentHome => _sentHome.Task;

    public Task ShutdownAsync(CancellationToken cancellationToken)
    {
        _sentHome.TrySetResult();
        Close("it was told to end");
        return Task.CompletedTask;
    }

    public void Close(string reason) => _closed.TrySetResult(reason);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
