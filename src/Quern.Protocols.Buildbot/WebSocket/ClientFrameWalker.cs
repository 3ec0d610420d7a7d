namespace Quern.Protocols.Buildbot;

/// <summary>
/// Walks over the frame headers of what a client sends and stops at the first that a server must not take. Pure; payloads are
/// passed over, and the bytes may arrive cut anywhere. No extension is ever agreed upon on this protocol.
/// </summary>
/// <remarks>
/// RFC 6455 section 5.2, one frame:
/// <code>
/// FIN RSV1 RSV2 RSV3 opcode(4) | MASK length(7) | length, 2 bytes (126) or 8 (127) | mask, 4 bytes | payload
/// </code>
/// </remarks>
public sealed class ClientFrameWalker
{
    private const int MaskBytes = 4;
    private const int MaxControlPayload = 125;
    private const byte Final = 0x80, Reserved = 0x70, OpcodeBits = 0x0f, Masked = 0x80, LengthBits = 0x7f;

    private enum Part
    {
        First,
        Second,
        Length,
        Payload,
    }

    private Part _part;
    private byte _first;

    // Of the length's digits while they come; of mask and payload while they pass.
    private int _digits, _digitsLeft;
    private ulong _length;

    // A message has begun and its last frame has not come: only continuations and control frames may follow.
    private bool _fragmented;

    /// <summary>What is wrong with the frame at which the walk has ended; null as long as all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes on over <paramref name="received"/>.</summary>
    /// <returns>
    /// How many bytes may be taken: all of them, or those in front of the one that shows the frame to be wrong; none once
    /// <see cref="Problem"/> is set.
    /// </returns>
    public int Walk(ReadOnlySpan<byte> received)
    {
        int at = 0;
        while (at < received.Length && Problem is null)
        {
            if (_part is Part.Payload)
            {
                int passed = (int)Math.Min(_length, (ulong)(received.Length - at));
                at += passed;
                _length -= (ulong)passed;
                if (_length == 0) _part = Part.First;
                continue;
            }

            Problem = Take(received[at]);
            if (Problem is null) at++;
        }

        return at;
    }

    private string? Take(byte value)
    {
        switch (_part)
        {
            case Part.First:
                _first = value;
                _part = Part.Second;
                return JudgeFirst(value);
            case Part.Second:
                return TakeSecond(value);
            default:
                _length = (_length << 8) | value;
                if (--_digitsLeft > 0) return null;
                if (_digits == 8 && _length > long.MaxValue) return "a frame whose length has its highest bit set";
                if (_length <= (_digits == 2 ? (ulong)MaxControlPayload : ushort.MaxValue))
                    return "a frame whose length is written longer than it needs to be";
                BeginPayload();
                return null;
        }
    }

    private string? JudgeFirst(byte value)
    {
        if ((value & Reserved) != 0) return "a frame with reserved bits set";
        bool final = (value & Final) != 0;
        switch (value & OpcodeBits)
        {
            case 0:
                if (!_fragmented) return "a continuation of no message";
                _fragmented = !final;
                return null;
            case 1 or 2:
                if (_fragmented) return "a new message inside another";
                _fragmented = !final;
                return null;
            case 8 or 9 or 10:
                return final ? null : "a control frame in fragments";
            default:
                return $"a frame of the unknown kind {value & OpcodeBits}";
        }
    }

    private string? TakeSecond(byte value)
    {
        if ((value & Masked) == 0) return "a frame that is not masked";
        int length = value & LengthBits;
        if ((_first & OpcodeBits) >= 8 && length > MaxControlPayload) return $"a control frame of more than {MaxControlPayload} bytes";
        _length = 0;
        if (length <= MaxControlPayload)
        {
            _length = (ulong)length;
            BeginPayload();
        }
        else
        {
            _digits = _digitsLeft = length == 126 ? 2 : 8;
            _part = Part.Length;
        }

        return null;
    }

    /// <summary>The mask is passed over like the payload behind it.</summary>
    private void BeginPayload()
    {
        _length += MaskBytes;
        _part = Part.Payload;
    }
}
