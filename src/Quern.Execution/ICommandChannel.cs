using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>
/// One command's way to its master, whatever the protocol. Life: any number of updates and transfer calls, then one
/// <see cref="CompleteAsync"/>. Calls are begun one after the other and must reach the master in that order; several may be
/// unanswered at once. A returned task ends when the master has answered, and until then the memory passed in stays valid.
/// A task that faults with <see cref="MasterRefusedException"/> carries the master's answer; any other fault means the
/// master is gone.
/// </summary>
public interface ICommandChannel
{
    ValueTask UpdateAsync(ImmutableArray<UpdateEntry> entries);

    /// <summary>The command's last word.</summary>
    /// <param name="failure">Null for an ordinary end, else why the worker could not run it.</param>
    ValueTask CompleteAsync(CommandFailure? failure);

    /// <summary>A block of an uploaded file, or of a folder's tar.</summary>
    ValueTask WriteBlockAsync(TransferKind kind, ReadOnlyMemory<byte> block);

    /// <summary>The upload is whole: close the file, or unpack the folder.</summary>
    ValueTask CloseWriteAsync(TransferKind kind);

    /// <summary>Sets the uploaded file's times, in Unix seconds.</summary>
    ValueTask SetTimesAsync(double accessTime, double modifiedTime);

    /// <summary>The next block of a download, at most <paramref name="length"/> bytes; empty at the end, also for a nil answer.</summary>
    ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(long length);

    ValueTask CloseReadAsync();
}
