using System.Buffers;

namespace Quern.Protocols.Admin;

/// <summary>
/// Cuts and writes frames. Nothing stands between two of them.
/// <code>
/// length: 1 to 5 bytes, 7 bits each, the low ones first, the top bit says that another follows
/// MSG:    that many bytes
/// </code>
/// Administration protocol, "Frames".
/// </summary>
public static class AdminFraming
{
    /// <summary>Cuts one frame off the front of <paramref name="input"/>.</summary>
    /// <param name="input">Received bytes; advanced past the frame on success, untouched otherwise.</param>
    /// <param name="maxFrame">Bytes that may follow the length; a longer frame is refused by its length alone.</param>
    /// <param name="body">The serialized <c>MSG</c>, a slice of the input: valid until the reader advances.</param>
    /// <returns>Never throws. A length of zero is malformed: no envelope is empty.</returns>
    public static DecodeStatus TryRead(ref ReadOnlySequence<byte> input, int maxFrame, out ReadOnlySequence<byte> body)
    {
        body = default;
        var reader = new SequenceReader<byte>(input);
        ulong length = 0;
        for (int i = 0; ; i++)
        {
            if (i == AdminLimits.MaxLengthBytes) return DecodeStatus.Malformed;
            if (!reader.TryRead(out byte b)) return DecodeStatus.NeedMore;
            length |= (ulong)(b & 0x7F) << (7 * i);
            if ((b & 0x80) == 0) break;
        }
        if (length == 0) return DecodeStatus.Malformed;
        if (length > (ulong)maxFrame) return DecodeStatus.TooLarge;
        if (reader.Remaining < (long)length) return DecodeStatus.NeedMore;
        body = reader.UnreadSequence.Slice(0, (long)length);
        input = input.Slice(body.End);
        return DecodeStatus.Success;
    }

    /// <summary>Writes the length that stands before a frame of so many bytes.</summary>
    public static void WriteLength(IBufferWriter<byte> output, int length)
    {
        var span = output.GetSpan(AdminLimits.MaxLengthBytes);
        int used = 0;
        uint rest = (uint)length;
        while (rest > 0x7F)
        {
            span[used++] = (byte)(rest | 0x80);
            rest >>= 7;
        }
        span[used++] = (byte)rest;
        output.Advance(used);
    }
}
