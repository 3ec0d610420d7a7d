namespace Quern.Protocols.Perspective;

/// <summary>
/// Finds the end of one top-level element in bytes that arrive in pieces. Keeps its place between pieces, so that each byte is
/// looked at once and the body of a string not at all. Allocates nothing after construction.
/// </summary>
/// <remarks>Element: <c>prefix* type [body]</c>; prefix bytes are 0x00-0x7F, least significant group first.</remarks>
internal sealed class BananaFramer
{
    private readonly int[] _open = new int[BananaLimits.MaxDepth];   // elements still to come of each open list
    private int _depth;
    private int _prefixBytes;
    private long _prefix;            // saturates: only counts and lengths are needed, and those are limited
    private long _bodyLeft;          // of the string or float whose header has been seen
    private bool _inBody;

    /// <summary>Bytes of the current element so far, headers and bodies.</summary>
    public long Scanned { get; private set; }

    /// <summary>Why the last call said Malformed or TooLarge; empty otherwise.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Goes through the next bytes.</summary>
    /// <param name="piece">What follows what was scanned before.</param>
    /// <param name="vocabulary">Whether the dialect has vocabulary elements.</param>
    /// <param name="consumed">How many bytes belong to the current element; less than the piece's length only on success.</param>
    /// <returns>Success at the element's end, after which the framer stands at the start of the next.</returns>
    public DecodeStatus Scan(ReadOnlySpan<byte> piece, bool vocabulary, out int consumed)
    {
        int at = 0;
        DecodeStatus status = DecodeStatus.NeedMore;
        while (status == DecodeStatus.NeedMore)
        {
            if (_inBody)
            {
                int taken = (int)Math.Min(_bodyLeft, piece.Length - at);
                at += taken;
                _bodyLeft -= taken;
                if (_bodyLeft > 0) break;
                _inBody = false;
                status = EndElement();
            }
            else
            {
                if (at == piece.Length) break;
                status = Header(piece[at++], vocabulary);
            }
        }
        consumed = at;
        Scanned += at;
        if (status == DecodeStatus.Success) Scanned = 0;
        return status;
    }

    /// <summary>The size the current element will have at least: what was scanned and the rest of a body whose header is known.</summary>
    public long Announced => Scanned + _bodyLeft;

    private DecodeStatus Header(byte value, bool vocabulary)
    {
        if (value < 0x80)
        {
            if (++_prefixBytes > BananaLimits.MaxPrefixBytes)
                return Refuse(DecodeStatus.TooLarge, $"a number of more than {BananaLimits.MaxPrefixBytes} digits to base 128");
            if (_prefixBytes <= 8) _prefix |= (long)value << (7 * (_prefixBytes - 1));
            else if (value != 0) _prefix = long.MaxValue;
            return DecodeStatus.NeedMore;
        }
        long prefix = _prefix;
        (_prefix, _prefixBytes) = (0, 0);
        switch ((BananaType)value)
        {
            case BananaType.List:
                if (prefix > BananaLimits.MaxListItems)
                    return Refuse(DecodeStatus.TooLarge, $"a list of {prefix} elements; {BananaLimits.MaxListItems} are the most");
                if (prefix == 0) return EndElement();
                if (_depth == _open.Length) return Refuse(DecodeStatus.TooLarge, $"lists nested more than {_open.Length} deep");
                _open[_depth++] = (int)prefix;
                return DecodeStatus.NeedMore;
            case BananaType.Bytes:
                if (prefix > BananaLimits.MaxStringBytes)
                    return Refuse(DecodeStatus.TooLarge, $"a string of {prefix} bytes; {BananaLimits.MaxStringBytes} are the most");
                (_inBody, _bodyLeft) = (true, prefix);
                return DecodeStatus.NeedMore;
            case BananaType.Float:
                (_inBody, _bodyLeft) = (true, sizeof(double));
                return DecodeStatus.NeedMore;
            case BananaType.Integer or BananaType.Negative or BananaType.LongInteger or BananaType.LongNegative:
                return EndElement();
            case BananaType.Vocabulary when vocabulary && PbVocabulary.TryGetToken(prefix, out _):
                return EndElement();
            case BananaType.Vocabulary:
                return Refuse(DecodeStatus.Malformed, vocabulary ? $"the unknown vocabulary number {prefix}" : "a vocabulary element in a dialect without vocabulary");
            default:
                return Refuse(DecodeStatus.Malformed, $"the unknown element type 0x{value:x2}");
        }
    }

    private DecodeStatus EndElement()
    {
        while (_depth > 0)
        {
            if (--_open[_depth - 1] > 0) return DecodeStatus.NeedMore;
            _depth--;
        }
        return DecodeStatus.Success;
    }

    private DecodeStatus Refuse(DecodeStatus status, string problem)
    {
        Problem = problem;
        return status;
    }
}
