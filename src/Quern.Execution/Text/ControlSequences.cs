using System.Buffers;

namespace Quern.Execution;

/// <summary>
/// The pattern every Buildbot master sends, by hand: <c>\r\n</c>, <c>\r</c> before any character but LF, <c>ESC [u</c>,
/// <c>ESC [n;mH</c> or <c>f</c>, <c>ESC [2J</c>, a run of backspaces. Most text holds none of their first bytes, and then
/// one vectorised search is all the work.
/// </summary>
internal sealed class ControlSequences : INewlinePattern
{
    private const byte Escape = 0x1B, Backspace = 0x08;
    private const int LongestSequence = 64;   // a cursor movement that is still unfinished then is no cursor movement

    private static readonly SearchValues<byte> First = SearchValues.Create("\r\u001b\b"u8);

    // The text so far ended in backspaces: more of them belong to the same line end.
    private bool _afterBackspace;

    public int Translate(ref byte[] text, int length, out int settled)
    {
        var span = text.AsSpan(0, length);
        int read = 0;
        if (_afterBackspace && length > 0)
        {
            while (read < length && span[read] == Backspace) read++;
            if (read < length) _afterBackspace = false;
        }
        int next = span[read..].IndexOfAny(First);
        if (next < 0 && read == 0)
        {
            settled = length;
            return length;
        }

        int written = 0;
        settled = -1;
        while (true)
        {
            int plain = next < 0 ? length - read : next;
            span.Slice(read, plain).CopyTo(span[written..]);
            written += plain;
            read += plain;
            if (read == length) break;

            int match = Match(span[read..], out bool unfinished);
            if (unfinished)
            {
                settled = written;
                span[read..].CopyTo(span[written..]);
                written += length - read;
                break;
            }
            _afterBackspace = match > 0 && span[read] == Backspace && read + match == length;
            span[written++] = match > 0 ? (byte)'\n' : span[read];
            read += Math.Max(1, match);
            next = span[read..].IndexOfAny(First);
        }
        if (settled < 0) settled = written;
        return written;
    }

    /// <summary>Length of the line end at the front; 0 when there is none.</summary>
    private static int Match(ReadOnlySpan<byte> text, out bool unfinished)
    {
        unfinished = false;
        switch (text[0])
        {
            case Backspace:
                int others = text.IndexOfAnyExcept(Backspace);
                return others < 0 ? text.Length : others;
            case (byte)'\r':
                unfinished = text.Length == 1;
                return unfinished ? 0 : text[1] == '\n' ? 2 : 1;
            default:
                int match = MatchEscape(text);
                unfinished = match < 0 && text.Length < LongestSequence;
                return Math.Max(0, match);
        }
    }

    /// <summary>Length of the sequence, 0 for another one, -1 when the text ends in the middle.</summary>
    private static int MatchEscape(ReadOnlySpan<byte> text)
    {
        if (text.Length == 1) return -1;
        if (text[1] != '[') return 0;
        if (text.Length == 2) return -1;
        if (text[2] == 'u') return 3;

        int at = SkipDigits(text, 2);
        if (at == 2) return 0;
        if (at == text.Length) return -1;
        if (text[at] == 'J') return at == 3 && text[2] == '2' ? 4 : 0;
        if (text[at] != ';') return 0;
        int column = SkipDigits(text, at + 1);
        if (column == text.Length) return -1;
        return column > at + 1 && text[column] is (byte)'H' or (byte)'f' ? column + 1 : 0;
    }

    private static int SkipDigits(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9') at++;
        return at;
    }
}
