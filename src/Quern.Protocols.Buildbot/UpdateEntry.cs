using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>One pair of an <c>update</c>: what a running command says. buildbot-msgpack.md section 5.3.</summary>
public abstract record UpdateEntry
{
    private UpdateEntry() { }

    /// <summary>Whole lines of a stream or of a followed log file.</summary>
    /// <param name="Stream"><c>stdout</c>, <c>stderr</c>, <c>header</c> or <c>log</c>.</param>
    /// <param name="Log">The log's name when <paramref name="Stream"/> is <c>log</c>, else empty.</param>
    /// <param name="Utf8">
    /// The text. After decoding it is a slice of the decoder's input and dies with it; copy what is kept.
    /// </param>
    /// <param name="NewlineIndexes">Position of each LF in code points. Empty when the receiver does not ask for them.</param>
    /// <param name="Times">Unix seconds at which each line's first piece reached the worker; may be shorter than the lines.</param>
    public sealed record Text(
        string Stream,
        string Log,
        ReadOnlyMemory<byte> Utf8,
        ReadOnlyMemory<int> NewlineIndexes,
        ReadOnlyMemory<double> Times) : UpdateEntry;

    public sealed record ReturnCode(int Value) : UpdateEntry;

    /// <param name="Seconds">Since the command was constructed.</param>
    public sealed record Elapsed(double Seconds) : UpdateEntry;

    public sealed record Files(ImmutableArray<string> Names) : UpdateEntry;

    /// <summary>mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime.</summary>
    public sealed record Stat(ImmutableArray<long> Fields) : UpdateEntry;

    /// <summary><c>timeout</c>, <c>timeout_without_output</c> or <c>max_lines_failure</c> (3.10 and later).</summary>
    public sealed record FailureReason(string Reason) : UpdateEntry;

    /// <summary>A name this version does not know; kept, never refused.</summary>
    public sealed record Unknown(string Name, WireValue Value) : UpdateEntry;
}
