using System.Text;

namespace Quern.Execution;

/// <summary>
/// Cuts one stream's text into whole lines. What the newline pattern matches (carriage returns, cursor movements,
/// backspaces) ends a line too; a line of <c>maxLineLength</c> code points or more is cut into pieces of one less, and
/// nothing is lost. The result does not depend on where reads cut the text. buildbot-commands.md section 2.3.
/// </summary>
/// <param name="newlines">Turns what counts as a line end into LF.</param>
/// <param name="maxLineLength">In code points, at least 2.</param>
internal sealed class LineFinder(INewlinePattern newlines, int maxLineLength)
{
    // The unfinished line stands at the front; its last bytes may be the beginning of a control sequence.
    private byte[] _work = [];
    private int _rest;
    private double _restTime;

    /// <summary>Whether the text ends in the middle of a line.</summary>
    public bool HasRest => _rest > 0;

    /// <summary>Takes valid UTF-8 that arrived at <paramref name="time"/> and puts the lines it completes into <paramref name="lines"/>.</summary>
    public void Append(ReadOnlySpan<byte> text, double time, LineBatch lines)
    {
        bool hadRest = _rest > 0;
        if (_work.Length < _rest + text.Length) Array.Resize(ref _work, _rest + text.Length);
        text.CopyTo(_work.AsSpan(_rest));
        int length = newlines.Translate(ref _work, _rest + text.Length, out int settled);

        lines.Clear();
        lines.FirstTime = hadRest ? _restTime : time;
        lines.Time = time;
        int used = Cut(_work.AsSpan(0, settled), lines);

        _rest = length - used;
        _work.AsSpan(used, _rest).CopyTo(_work);
        if (!hadRest || lines.Count > 0) _restTime = time;
    }

    /// <summary>Ends the unfinished line, if there is one.</summary>
    public void Flush(LineBatch lines)
    {
        lines.Clear();
        if (_rest > 0) Append("\n"u8, _restTime, lines);
    }

    private int Cut(ReadOnlySpan<byte> text, LineBatch lines)
    {
        bool ascii = Ascii.IsValid(text);
        int copied = 0, start = 0;
        while (true)
        {
            int length = text[start..].IndexOf((byte)'\n');
            bool whole = length >= 0;
            if (!whole) length = text.Length - start;
            if (length >= maxLineLength)
            {
                // Rare: the line may be too long. Pieces get a LF of their own, so the run of plain copies ends here.
                int end = start + length;
                while (TooLong(text[start..end], ascii, out int piece))
                {
                    lines.AddBytes(text[copied..(start + piece)]);
                    lines.AddBytes("\n"u8);
                    lines.AddLine(piece + 1, maxLineLength);
                    start = copied = start + piece;
                }
                length = end - start;
            }
            if (!whole)
            {
                lines.AddBytes(text[copied..start]);
                return start;
            }
            lines.AddLine(length + 1, ascii ? length + 1 : CodePoints(text.Slice(start, length)) + 1);
            start += length + 1;
        }
    }

    /// <summary>Whether the line must be cut, and after how many bytes.</summary>
    private bool TooLong(ReadOnlySpan<byte> line, bool ascii, out int bytes)
    {
        bytes = maxLineLength - 1;
        if (line.Length < maxLineLength) return false;
        if (ascii) return true;
        if (CodePoints(line) < maxLineLength) return false;
        bytes = 0;
        for (int points = 0; ; bytes++)
            if ((line[bytes] & 0xC0) != 0x80 && points++ == maxLineLength - 1) return true;
    }

    internal static int CodePoints(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte b in utf8) count += (sbyte)b >= -64 ? 1 : 0;   // every byte but 10xxxxxx begins a character
        return count;
    }
}
