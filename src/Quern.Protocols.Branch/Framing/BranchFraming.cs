using System.Buffers;
using System.Buffers.Text;

namespace Quern.Protocols.Branch;

/// <summary>
/// Cuts and writes frames. Nothing stands between two of them.
/// <code>
/// "17" " " "COMPLETE_TRANSFER"
///  |    |   body: that many bytes, UTF-8
///  |    one blank
///  1 to 10 digits, decimal count of bytes
/// </code>
/// Branch protocol, "Frame".
/// </summary>
public static class BranchFraming
{
    /// <summary>Cuts one frame off the front of <paramref name="input"/>.</summary>
    /// <param name="input">Received bytes; advanced past the frame on success, untouched otherwise.</param>
    /// <param name="maxBody">Bytes that a body may have; a longer one is refused by its count alone.</param>
    /// <param name="body">The body, a slice of the input: valid until the reader advances.</param>
    /// <returns>Never throws. A count of zero is malformed: no body is empty.</returns>
    public static DecodeStatus TryRead(ref ReadOnlySequence<byte> input, int maxBody, out ReadOnlySequence<byte> body)
    {
        body = default;
        var status = TryReadCount(input, out long count, out int prefix);
        if (status != DecodeStatus.Success) return status;
        if (count == 0) return DecodeStatus.Malformed;
        if (count > maxBody) return DecodeStatus.TooLarge;
        if (input.Length - prefix < count) return DecodeStatus.NeedMore;
        body = input.Slice(prefix, count);
        input = input.Slice(body.End);
        return DecodeStatus.Success;
    }

    /// <summary>Writes count, blank and body.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> body)
    {
        var span = output.GetSpan(BranchLimits.MaxCountDigits + 1);
        Utf8Formatter.TryFormat(body.Length, span, out int digits);
        span[digits] = (byte)' ';
        output.Advance(digits + 1);
        output.Write(body);
    }

    private static DecodeStatus TryReadCount(ReadOnlySequence<byte> input, out long count, out int prefix)
    {
        (count, prefix) = (0, 0);
        foreach (var segment in input)
        {
            foreach (byte b in segment.Span)
            {
                if (b == ' ') return prefix++ == 0 ? DecodeStatus.Malformed : DecodeStatus.Success;
                if (b is < (byte)'0' or > (byte)'9' || prefix == BranchLimits.MaxCountDigits) return DecodeStatus.Malformed;
                count = (count * 10) + (b - '0');
                prefix++;
            }
        }
        return DecodeStatus.NeedMore;
    }
}
