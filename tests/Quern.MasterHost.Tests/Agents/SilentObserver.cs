using Quern.Model;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Takes what a command says and keeps nothing.</summary>
internal sealed class SilentObserver : ICommandObserver
{
    public ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at) => ValueTask.CompletedTask;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> block) => ValueTask.CompletedTask;

    public ValueTask CloseWriteAsync() => ValueTask.CompletedTask;

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length) => ValueTask.FromResult(ReadOnlyMemory<byte>.Empty);

    public ValueTask CloseReadAsync() => ValueTask.CompletedTask;
}
