using System.Buffers;

namespace Quern.Protocols.Admin;

/// <summary>
/// Walks over the fields of a serialized message without making anything of them.
/// <code>
/// field = varint(number &lt;&lt; 3 | kind) content;  kind 0: varint, 1: 8 bytes, 2: varint(length) bytes, 5: 4 bytes
/// </code>
/// Groups (kinds 3 and 4) are not among them: no peer of this protocol ever had one.
/// </summary>
internal ref struct WireReader(ReadOnlySequence<byte> message)
{
    private SequenceReader<byte> _reader = new(message);

    /// <summary>Every byte was read as part of a field.</summary>
    public readonly bool IsAtEnd => _reader.End;

    /// <summary>False at the end of the message, and where its bytes are none.</summary>
    /// <param name="number">The field's.</param>
    /// <param name="content">Bytes of a field that has a length; null for the other kinds.</param>
    public bool TryReadField(out int number, out ReadOnlySequence<byte>? content)
    {
        (number, content) = (0, null);
        if (_reader.End || !TryReadVarint(out ulong tag) || tag > uint.MaxValue) return false;
        number = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0:
                return TryReadVarint(out _);
            case 1:
                return TrySkip(8);
            case 2:
                var start = _reader;
                if (!TryReadVarint(out ulong length)) return false;
                if (length > (ulong)_reader.Remaining)
                {
                    _reader = start;
                    return false;
                }
                content = _reader.UnreadSequence.Slice(0, (long)length);
                _reader.Advance((long)length);
                return true;
            case 5:
                return TrySkip(4);
            default:
                return false;
        }
    }

    private bool TrySkip(int bytes)
    {
        if (_reader.Remaining < bytes) return false;
        _reader.Advance(bytes);
        return true;
    }

    // What fails leaves a byte unread, so that it is not taken for the end.
    private bool TryReadVarint(out ulong value)
    {
        var start = _reader;
        value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (!_reader.TryRead(out byte b)) break;
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return true;
        }
        _reader = start;
        return false;
    }
}
