using Quern.Model;

namespace Quern.Peers.Buildbot;

/// <summary>
/// Makes whole lines of what a command says. Newer workers send nothing else; older ones cut their output anywhere, and end
/// their headers without LF. Used by one command's pump alone.
/// </summary>
internal sealed class LineAssembler
{
    /// <summary>What all unfinished lines of a command may hold; one that goes beyond is ended where it stands.</summary>
    public const int MaxRestBytes = 1024 * 1024;

    /// <summary>Streams and followed logs that may have an unfinished line at once.</summary>
    private const int MaxRests = 64;

    /// <summary>Null until the first unfinished line.</summary>
    private Dictionary<(OutputStream Stream, string Log), Rest>? _rests;

    private int _restBytes;

    private sealed record Rest(byte[] Text, DateTimeOffset At);

    /// <summary>The lines that are whole now, each ended by LF, and when the first of them began; empty when none is.</summary>
    /// <param name="stream">Where the text came from.</param>
    /// <param name="log">Empty, or a followed log's name.</param>
    /// <param name="text">Not empty. What is returned may be a slice of it.</param>
    /// <param name="at">When it came.</param>
    public (ReadOnlyMemory<byte> Lines, DateTimeOffset At) Take(
        OutputStream stream, string log, ReadOnlyMemory<byte> text, DateTimeOffset at)
    {
        Rest? before = null;
        if (_rests is not null && _rests.Remove((stream, log), out before)) _restBytes -= before.Text.Length;
        DateTimeOffset began = before?.At ?? at;
        int end = text.Span.LastIndexOf((byte)'\n') + 1;
        if (end == text.Length) return (Join(before, text), began);

        ReadOnlyMemory<byte> rest = end == 0 ? Join(before, text) : text[end..];
        if (_restBytes + rest.Length > MaxRestBytes || _rests?.Count >= MaxRests)
            return (end == 0 ? Ended(rest) : Ended(Join(before, text)), began);
        _rests ??= [];
        _rests[(stream, log)] = new Rest(rest.ToArray(), end == 0 ? began : at);
        _restBytes += rest.Length;
        return (end == 0 ? default : Join(before, text[..end]), began);
    }

    /// <summary>Ends every line that was left unfinished, in no particular order.</summary>
    public IEnumerable<(OutputStream Stream, string Log, ReadOnlyMemory<byte> Line, DateTimeOffset At)> Flush()
    {
        var rests = _rests;
        (_rests, _restBytes) = (null, 0);
        return rests?.Select(r => (r.Key.Stream, r.Key.Log, Ended(r.Value.Text), r.Value.At)) ?? [];
    }

    private static ReadOnlyMemory<byte> Join(Rest? before, ReadOnlyMemory<byte> text) =>
        before is null ? text : (byte[])[.. before.Text, .. text.Span];

    private static ReadOnlyMemory<byte> Ended(ReadOnlyMemory<byte> text) => (byte[])[.. text.Span, (byte)'\n'];
}
