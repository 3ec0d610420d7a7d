using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Quern.Execution;

/// <summary>
/// Makes valid UTF-8 of the bytes a program writes, however reads cut them: an invalid sequence becomes U+FFFD, a character
/// cut between two reads is put together, one cut off by the end of the stream is dropped (as Buildbot's worker does).
/// </summary>
internal sealed class Utf8Repair
{
    private static ReadOnlySpan<byte> Replacement => "\uFFFD"u8;

    // The beginning of a character whose end has not been read yet; at most three bytes.
    private readonly byte[] _carry = new byte[4];
    private int _carried;

    private byte[] _scratch = [];

    /// <summary>The valid form of what was read; the span is valid until the next call and may be the input itself.</summary>
    public ReadOnlySpan<byte> Append(ReadOnlySpan<byte> read)
    {
        if (_carried == 0 && Utf8.IsValid(read)) return read;

        EnsureScratch((_carried + read.Length) * 3);
        int written = 0;
        if (_carried > 0) read = read[CompleteCarried(read, ref written)..];

        int tail = IncompleteTail(read);
        var body = read[..^tail];
        if (Utf8.IsValid(body))
        {
            body.CopyTo(_scratch.AsSpan(written));
            written += body.Length;
        }
        else
        {
            written = Replace(body, written);
        }
        if (tail > 0)
        {
            read[^tail..].CopyTo(_carry);
            _carried = tail;
        }
        return _scratch.AsSpan(0, written);
    }

    /// <summary>Takes from the front of <paramref name="read"/> what the carried bytes wait for; tells how much.</summary>
    private int CompleteCarried(ReadOnlySpan<byte> read, ref int written)
    {
        int taken = 0;
        while (_carried > 0 && taken < read.Length)
        {
            _carry[_carried++] = read[taken++];
            var status = Rune.DecodeFromUtf8(_carry.AsSpan(0, _carried), out _, out int used);
            if (status == OperationStatus.NeedMoreData) continue;
            if (status == OperationStatus.Done)
            {
                _carry.AsSpan(0, used).CopyTo(_scratch.AsSpan(written));
                written += used;
            }
            else
            {
                Replacement.CopyTo(_scratch.AsSpan(written));
                written += Replacement.Length;
            }
            // The last byte may have ended a broken character and begun another; it is then looked at again.
            int left = _carried - used;
            _carry.AsSpan(used, left).CopyTo(_carry);
            _carried = left;
            if (_carried > 0 && Rune.DecodeFromUtf8(_carry.AsSpan(0, _carried), out _, out _) != OperationStatus.NeedMoreData)
            {
                written = Replace(_carry.AsSpan(0, _carried), written);
                _carried = 0;
            }
        }
        return taken;
    }

    private int Replace(ReadOnlySpan<byte> text, int written)
    {
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(text, out _, out int used);
            var valid = status == OperationStatus.Done ? text[..used] : Replacement;
            valid.CopyTo(_scratch.AsSpan(written));
            written += valid.Length;
            text = text[used..];
        }
        return written;
    }

    private static int IncompleteTail(ReadOnlySpan<byte> text)
    {
        for (int length = 1; length <= Math.Min(3, text.Length); length++)
        {
            byte lead = text[^length];
            if (lead < 0x80) return 0;
            if (lead < 0xC0) continue;
            return Rune.DecodeFromUtf8(text[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
        }
        return 0;
    }

    private void EnsureScratch(int length)
    {
        if (_scratch.Length < length) _scratch = new byte[length];
    }
}
