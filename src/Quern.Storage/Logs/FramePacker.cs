using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>Moves the records of a tail file into compressed frames. Holds the two buffers and the context for that; the store keeps a few and lends them.</summary>
internal sealed class FramePacker : IDisposable
{
    private readonly int _frameBytes;
    private readonly byte[] _raw;
    private readonly byte[] _packed;
    private readonly ZstdCompressor _compressor = new();

    public FramePacker(int frameBytes)
    {
        _frameBytes = frameBytes;
        _raw = new byte[frameBytes + LogRecord.Size + LogRecord.MaxText];
        _packed = new byte[FrameHeader.Size + Zstd.CompressBound(_raw.Length)];
    }

    /// <summary>Packs what of the tail is not yet in the frames.</summary>
    /// <param name="frames">Advanced frame by frame, so that a failure half-way leaves whole frames and a second try goes on behind them.</param>
    /// <returns>Null, or why a frame could not be written; then nothing of that frame remains.</returns>
    public string? Pack(TailFile tail, FrameFile frames)
    {
        long offset = TailHeader.Size;
        long line = tail.FirstLine;
        while (offset < tail.Length)
        {
            int wanted = (int)Math.Min(_raw.Length, tail.Length - offset);
            int read = RandomAccess.Read(tail.Handle, _raw.AsSpan(0, wanted), offset);
            var cut = Cut(_raw.AsSpan(0, read), line, frames.NextLine);
            if (cut.Skipped + cut.Taken == 0) return $"the tail file holds no record at byte {offset}";
            if (cut.Taken > 0 && Append(cut, frames) is { } error) return error;
            offset += cut.Skipped + cut.Taken;
            line = cut.NextLine;
        }
        return null;
    }

    public void Dispose() => _compressor.Dispose();

    private string? Append(Piece cut, FrameFile frames)
    {
        int packed = _compressor.Compress(_raw.AsSpan(cut.Skipped, cut.Taken), _packed.AsSpan(FrameHeader.Size));
        var body = _packed.AsSpan(FrameHeader.Size, packed);
        var header = new FrameHeader(
            cut.FirstLine, (int)(cut.NextLine - cut.FirstLine), cut.Taken, packed, Crc32C.Append(0, body),
            cut.TextBytes, cut.EndsLog, cut.FirstTicks, cut.LastTicks);
        header.Write(_packed);
        return frames.Append(_packed.AsSpan(0, FrameHeader.Size + packed), header.NextLine);
    }

    private Piece Cut(ReadOnlySpan<byte> bytes, long line, long firstWanted)
    {
        var piece = new Piece { FirstLine = line, NextLine = line };
        while (piece.Taken < _frameBytes
            && LogRecord.TryRead(bytes[(piece.Skipped + piece.Taken)..], verify: false, out var record, out _))
        {
            int length = LogRecord.Size + record.Bytes;
            // Below the frames' end: a move that a crash interrupted had come this far.
            if (record.Lines > 0 && piece.NextLine < firstWanted)
            {
                if (piece.Taken > 0) break;
                piece.Skipped += length;
                piece.FirstLine = piece.NextLine += record.Lines;
                continue;
            }
            if (piece.Taken == 0) piece.FirstTicks = record.UtcTicks;
            piece.LastTicks = record.UtcTicks;
            piece.Taken += length;
            piece.NextLine += record.Lines;
            piece.TextBytes += record.Bytes;
            piece.EndsLog = record.Kind is LogRecordKind.End;
        }
        return piece;
    }

    private struct Piece
    {
        public long FirstLine;
        public long NextLine;
        public int Skipped;
        public int Taken;
        public int TextBytes;
        public bool EndsLog;
        public long FirstTicks;
        public long LastTicks;
    }
}
