using System.Text;

namespace Quern.Peers.Secrets;

/// <summary>
/// One stream of output on its way through a mask. What may be the beginning of a secret is kept back until more comes, in whole
/// lines; so the memory it holds is the longest secret and the line that it begins in. Used by one caller at a time.
/// </summary>
internal sealed class MaskedText(SecretMask mask)
{
    private static readonly byte[] Shown = Encoding.ASCII.GetBytes(SecretMask.Shown);

    private readonly List<byte> _held = [];

    /// <summary>Pieces of <see cref="_held"/> to hide: begin and length, in order, none touching the next.</summary>
    private readonly List<(int Begin, int End)> _hidden = [];

    private int _state;

    /// <summary>Takes in text and gives out the lines that are safe.</summary>
    /// <returns>Empty when everything is kept back; valid for as long as the caller wants.</returns>
    public ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            _held.Add(b);
            if (b is (byte)'\n' or (byte)'\r') continue;
            _state = mask.Next(_state, b);
            if (mask.Matched(_state) is > 0 and var length) Hide(BeginOf(length), _held.Count);
        }
        int safe = mask.Depth(_state) is > 0 and var depth ? LineBegin(BeginOf(depth)) : _held.Count;
        return Give(safe);
    }

    /// <summary>What was kept back, when nothing more comes.</summary>
    public ReadOnlyMemory<byte> Rest()
    {
        _state = 0;
        return Give(_held.Count);
    }

    /// <summary>Where the last <paramref name="count"/> bytes begin, line ends not counted.</summary>
    private int BeginOf(int count)
    {
        int at = _held.Count;
        while (count > 0)
            if (_held[--at] is not ((byte)'\n' or (byte)'\r')) count--;
        return at;
    }

    private int LineBegin(int at)
    {
        while (at > 0 && _held[at - 1] != (byte)'\n') at--;
        return at;
    }

    private void Hide(int begin, int end)
    {
        while (_hidden.Count > 0 && _hidden[^1].End >= begin)
        {
            begin = Math.Min(begin, _hidden[^1].Begin);
            _hidden.RemoveAt(_hidden.Count - 1);
        }
        _hidden.Add((begin, end));
    }

    private ReadOnlyMemory<byte> Give(int count)
    {
        if (count == 0) return ReadOnlyMemory<byte>.Empty;
        var given = new List<byte>(count);
        int at = 0;
        foreach (var (begin, end) in _hidden.TakeWhile(h => h.Begin < count))
        {
            given.AddRange(_held[at..begin]);
            given.AddRange(Shown);
            // The line ends inside stay: line numbers are as the program wrote them.
            given.AddRange(_held[begin..end].Where(b => b == (byte)'\n'));
            at = end;
        }
        given.AddRange(_held[at..count]);
        _hidden.RemoveAll(h => h.Begin < count);
        for (int i = 0; i < _hidden.Count; i++) _hidden[i] = (_hidden[i].Begin - count, _hidden[i].End - count);
        _held.RemoveRange(0, count);
        return given.ToArray();
    }
}
