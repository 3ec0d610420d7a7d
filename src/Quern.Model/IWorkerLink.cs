using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>
/// One connected worker that runs remote commands, whatever it speaks. Life: made when the worker is described; any number
/// of <see cref="RunAsync"/> at once, at most one per working place; ends when <see cref="Closed"/> completes, after which
/// every call answers as lost. The gate that made the link disposes it.
/// </summary>
public interface IWorkerLink : IAsyncDisposable
{
    WorkerDescription Description { get; }

    /// <summary>Completes with the reason in plain words when the link is gone; never faults.</summary>
    Task<string> Closed { get; }

    /// <summary>
    /// Completes when the worker wants to go home: it is to get no more jobs, and when it is idle, <see cref="ShutdownAsync"/>.
    /// A protocol that has no word for it leaves this to the end of the link.
    /// </summary>
    Task Leaving => Closed;

    /// <summary>
    /// Says which working places the worker is to have ready, all of them; returns at once. Commands may use other places too,
    /// and no running command is ever disturbed. A worker that needs no preparation does nothing.
    /// </summary>
    /// <param name="places">Folder names below the worker's base directory.</param>
    void Offer(ImmutableArray<string> places) { }

    /// <summary>Runs one command to its end. Never throws for what the worker does: the result says it.</summary>
    /// <param name="command">What to do; relative worker paths are below <paramref name="place"/>.</param>
    /// <param name="place">The folder name of the working place below the worker's base directory.</param>
    /// <param name="observer">Told of everything in order; the worker is answered after the observer's task completes.</param>
    /// <param name="interrupt">Cancelled to interrupt the command; the call still completes with the worker's last word.</param>
    Task<CommandResult> RunAsync(RemoteCommand command, string place, ICommandObserver observer, CancellationToken interrupt);

    /// <summary>Asks the worker to end; completes when asked.</summary>
    Task ShutdownAsync(CancellationToken cancellationToken);

    /// <summary>Ends the connection, keeping the first reason; safe to call twice.</summary>
    void Close(string reason);
}

/// <summary>
/// Receives what a running command says and serves its transfers. Calls come one at a time, in the order of the wire. The
/// memory passed in is valid until the returned task completes.
/// </summary>
public interface ICommandObserver
{
    /// <summary>Whole lines of UTF-8 text, each ended by LF.</summary>
    /// <param name="stream">Where they came from.</param>
    /// <param name="log">Empty for the command's own output, else the name of a followed log file.</param>
    /// <param name="text">The lines.</param>
    /// <param name="at">When the first of the lines reached the worker, by its own clock.</param>
    ValueTask OutputAsync(OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at);

    /// <summary>A block of an upload.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> block);

    /// <summary>The upload is whole; for a folder: unpack it.</summary>
    ValueTask CloseWriteAsync();

    /// <summary>The next block of a download, at most <paramref name="length"/> bytes; empty at the end.</summary>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length);

    ValueTask CloseReadAsync();
}

/// <summary>How a remote command ended.</summary>
public abstract record CommandResult
{
    private CommandResult() { }

    /// <summary>The worker ran it to an end.</summary>
    /// <param name="ExitCode">0 is success; see docs/protocols/buildbot-commands.md for the others.</param>
    public sealed record Ended(int ExitCode) : CommandResult
    {
        /// <summary>Names found by <c>glob</c> and <c>listdir</c>; empty otherwise.</summary>
        public ImmutableArray<string> Files { get; init; } = [];

        /// <summary>Why the worker itself ended the command; null when it did not, and from workers that do not tell.</summary>
        public CommandLimit? Limit { get; init; }
    }

    /// <summary>The worker could not do it and says why (unknown command, an exception in the worker).</summary>
    public sealed record Refused(string Reason) : CommandResult;

    /// <summary>The link went away first.</summary>
    public sealed record Lost(string Reason) : CommandResult;
}
