using Quern.Model;

namespace Quern.Peers.Buildbot;

/// <summary>For the link's own commands: nobody reads what they say, and they move no files.</summary>
internal sealed class NobodyObserver : ICommandObserver
{
    private NobodyObserver() { }

    public static NobodyObserver Instance { get; } = new();

    public ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at) => ValueTask.CompletedTask;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> block) => ValueTask.CompletedTask;

    public ValueTask CloseWriteAsync() => ValueTask.CompletedTask;

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length) => new(default(ReadOnlyMemory<byte>));

    public ValueTask CloseReadAsync() => ValueTask.CompletedTask;
}
