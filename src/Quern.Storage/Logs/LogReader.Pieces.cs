using System.Collections.Immutable;
using System.Text;

namespace Quern.Storage;

/// <summary>Bringing the records around a line into memory and taking lines or text out of them.</summary>
public sealed partial class LogReader
{
    private const int PageTextBytes = 4 << 20;
    private const int TailPieceBytes = 1 << 20; // a checkpoint is at most 64 KiB and a record before any line

    private byte[] _text = [];     // the records last loaded
    private byte[] _packed = [];
    private int _loadedFrame = -1; // the frame that lies unpacked in _text; -1 for none
    private ZstdDecompressor? _decompressor;

    /// <summary>Loads whole records that contain <paramref name="line"/>, or the first line behind it where it is missing.</summary>
    private Piece Load(long line)
    {
        int frame = _frames?.Find(line) ?? -1;
        if (frame >= 0) return LoadFrame(frame);
        foreach (var view in (ReadOnlySpan<TailView?>)[_full, _tail])
            if (view is not null && view.FirstLine > 0 && line < view.NextLine)
                return LoadTail(view, line);
        return default;
    }

    private Piece LoadFrame(int frame)
    {
        var header = _frames!.Frames[frame].Header;
        if (_loadedFrame != frame)
        {
            _loadedFrame = -1;
            _decompressor ??= new ZstdDecompressor();
            if (_packed.Length < header.PackedBytes) _packed = new byte[header.PackedBytes];
            if (_text.Length < header.RawBytes) _text = new byte[header.RawBytes];
            _frames.Unpack(frame, _packed, _text, _decompressor);
            _loadedFrame = frame;
        }
        return new Piece(header.FirstLine, 0, header.RawBytes);
    }

    private Piece LoadTail(TailView view, long line)
    {
        _loadedFrame = -1;
        var start = view.Before(line);
        int wanted = (int)Math.Min(TailPieceBytes, view.End - start.Offset);
        if (_text.Length < wanted) _text = new byte[wanted];
        int read = view.Read(start.Offset, _text.AsSpan(0, wanted));
        return new Piece(start.Line, 0, read);
    }

    /// <summary>Adds the lines of a piece from <paramref name="line"/> on and tells how many bytes they had.</summary>
    private int Collect(Piece piece, ref long line, int maxLines, int budget, ImmutableArray<LogLine>.Builder lines)
    {
        long number = piece.FirstLine;
        int taken = 0;
        var rest = _text.AsSpan(piece.Start, piece.Length);
        while (lines.Count < maxLines && taken < budget && LogRecord.TryRead(rest, verify: false, out var record, out var text))
        {
            rest = rest[(LogRecord.Size + record.Bytes)..];
            if (number + record.Lines <= line)
            {
                number += record.Lines;
                continue;
            }
            var time = new DateTimeOffset(record.UtcTicks, TimeSpan.Zero);
            while (!text.IsEmpty && lines.Count < maxLines && taken < budget)
            {
                int end = text.IndexOf((byte)'\n');
                var one = end < 0 ? text : text[..end];
                if (number >= line)
                {
                    lines.Add(new LogLine(number, time, record.Stream, Encoding.UTF8.GetString(one)));
                    taken += one.Length + 1;
                    line = number + 1;
                }
                number++;
                text = text[(end < 0 ? text.Length : end + 1)..];
            }
        }
        // Nothing found where the index says there is: without this a damaged file would be read for ever.
        if (taken == 0) throw new InvalidDataException($"The log {_path.Stem} is damaged near line {line}.");
        return taken;
    }

    /// <summary>Moves the text of a piece's records from <paramref name="line"/> up to <paramref name="end"/> together, in place.</summary>
    /// <returns>The length of the text, which begins where the piece did.</returns>
    private int ExtractText(Piece piece, ref long line, long end)
    {
        _loadedFrame = -1; // the buffer no longer holds the frame
        long number = piece.FirstLine;
        int length = 0, offset = piece.Start, stop = piece.Start + piece.Length;
        while (number < end && LogRecord.TryRead(_text.AsSpan(offset, stop - offset), verify: false, out var record, out var text))
        {
            offset += LogRecord.Size + record.Bytes;
            if (number >= line)
            {
                text.CopyTo(_text.AsSpan(piece.Start + length));
                length += text.Length;
                line = number + record.Lines;
            }
            number += record.Lines;
        }
        if (length == 0) throw new InvalidDataException($"The log {_path.Stem} is damaged near line {line}.");
        return length;
    }

    /// <summary>Whole records in the buffer, and the number of their first line.</summary>
    private readonly record struct Piece(long FirstLine, int Start, int Length)
    {
        public bool IsEmpty => Length == 0;
    }
}
