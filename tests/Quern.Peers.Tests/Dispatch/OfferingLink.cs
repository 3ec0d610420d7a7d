using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Tests.Dispatch;

/// <summary>A link that keeps what it was told to have ready, and runs nothing.</summary>
internal sealed class OfferingLink : IWorkerLink
{
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WorkerDescription Description { get; } = new() { Name = new WorkerName("w1"), Protocol = "test" };

    public Task<string> Closed => _closed.Task;

    public List<string> Offers { get; } = [];

    public void Offer(ImmutableArray<string> places) => Offers.Add(string.Join(' ', places));

    public Task<CommandResult> RunAsync(RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt) =>
        Task.FromResult<CommandResult>(new CommandResult.Ended(0));

    public Task ShutdownAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Close(string reason) => _closed.TrySetResult(reason);

    public ValueTask DisposeAsync() => default;
}
