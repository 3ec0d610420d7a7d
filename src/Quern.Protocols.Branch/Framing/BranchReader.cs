using System.Buffers;

namespace Quern.Protocols.Branch;

/// <summary>
/// Tells frames from the bytes of files. After a request that announces a file the next bytes are the file's, exactly as many as
/// were announced; what follows in the same packet is the next frame, which one controller relies on. Used by one loop.
/// </summary>
public sealed class BranchReader
{
    /// <summary>Bytes of a file that are still to come; 0 between files.</summary>
    public long RawBytesLeft { get; private set; }

    /// <summary>Takes the next <paramref name="bytes"/> bytes as those of a file.</summary>
    public void ExpectRaw(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        if (RawBytesLeft > 0) throw new InvalidOperationException("A file is still being read.");
        RawBytesLeft = bytes;
    }

    /// <summary>Cuts the next piece off the front of <paramref name="input"/>: a whole frame, or what is there of a file.</summary>
    /// <param name="input">Advanced past the piece on success, untouched otherwise.</param>
    /// <param name="maxBody">Bytes that the body of a frame may have.</param>
    public DecodeStatus TryRead(ref ReadOnlySequence<byte> input, int maxBody, out BranchPiece piece)
    {
        if (RawBytesLeft > 0)
        {
            piece = default;
            if (input.IsEmpty) return DecodeStatus.NeedMore;
            var bytes = input.Slice(0, Math.Min(RawBytesLeft, input.Length));
            RawBytesLeft -= bytes.Length;
            input = input.Slice(bytes.End);
            piece = new BranchPiece(true, bytes);
            return DecodeStatus.Success;
        }
        var status = BranchFraming.TryRead(ref input, maxBody, out var body);
        piece = new BranchPiece(false, body);
        return status;
    }
}
