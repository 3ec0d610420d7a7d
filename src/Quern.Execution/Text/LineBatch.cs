namespace Quern.Execution;

/// <summary>Whole lines on their way from a line finder to an update buffer; reused for every read.</summary>
internal sealed class LineBatch
{
    private byte[] _bytes = [];
    private int[] _byteEnds = [];
    private int[] _newlines = [];
    private int _length;

    public int Count { get; private set; }

    /// <summary>Length of the whole text in code points.</summary>
    public int CodePoints { get; private set; }

    /// <summary>When the first piece of the first line arrived, in Unix seconds.</summary>
    public double FirstTime { get; set; }

    /// <summary>When the other lines arrived.</summary>
    public double Time { get; set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>For each line the position after its LF, in bytes.</summary>
    public ReadOnlySpan<int> ByteEnds => _byteEnds.AsSpan(0, Count);

    /// <summary>For each line the position of its LF, in code points.</summary>
    public ReadOnlySpan<int> Newlines => _newlines.AsSpan(0, Count);

    public void Clear()
    {
        Count = 0;
        CodePoints = 0;
        _length = 0;
    }

    /// <summary>Notes a line of so many bytes and code points (LF included) whose bytes come with <see cref="AddBytes"/>.</summary>
    public void AddLine(int bytes, int codePoints)
    {
        if (Count == _newlines.Length)
        {
            int room = Math.Max(64, Count * 2);
            Array.Resize(ref _newlines, room);
            Array.Resize(ref _byteEnds, room);
        }
        _newlines[Count] = CodePoints + codePoints - 1;
        _byteEnds[Count] = (Count == 0 ? 0 : _byteEnds[Count - 1]) + bytes;
        Count++;
        CodePoints += codePoints;
    }

    public void AddBytes(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length < _length + bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_length + bytes.Length, Math.Min(_bytes.Length * 2, 1 << 20)));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
