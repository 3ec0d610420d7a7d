using Quern.Model;

namespace Quern.Peers.Dispatch;

/// <summary>
/// What every command of a job has in common: its output goes to the log. Commands without a transfer use it as it is;
/// the transfers derive from it. Disposing it without a finished transfer leaves nothing behind.
/// </summary>
internal class CommandObserver(JobLog? jobLog) : ICommandObserver, IAsyncDisposable
{
    /// <summary>For questions of the farm's own, whose output is nobody's.</summary>
    public static CommandObserver Silent { get; } = new(null);

    public ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at) =>
        jobLog is null ? ValueTask.CompletedTask : jobLog.AppendAsync(stream, log, text, at);

    public virtual ValueTask WriteAsync(ReadOnlyMemory<byte> block) =>
        throw new TransferRefusedException("The worker sent file data for a command that uploads nothing.");

    public virtual ValueTask CloseWriteAsync() =>
        throw new TransferRefusedException("The worker closed an upload for a command that uploads nothing.");

    public virtual ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length) =>
        throw new TransferRefusedException("The worker asked for file data for a command that downloads nothing.");

    public virtual ValueTask CloseReadAsync() => ValueTask.CompletedTask;

    /// <summary>Null when the transfer is whole, or there was none; else what is missing.</summary>
    public virtual string? Unfinished => null;

    public ValueTask DisposeAsync() => ReleaseAsync();

    /// <summary>Closes what the transfer holds and removes what is not whole.</summary>
    protected virtual ValueTask ReleaseAsync() => ValueTask.CompletedTask;
}
