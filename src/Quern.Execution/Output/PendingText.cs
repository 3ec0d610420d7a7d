using System.Buffers;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>Lines of one stream that wait to be sent, in rented arrays; merged into until it becomes an entry.</summary>
internal sealed class PendingText(string stream, string log)
{
    private byte[] _utf8 = ArrayPool<byte>.Shared.Rent(4096);
    private int[] _newlines = ArrayPool<int>.Shared.Rent(64);
    private double[] _times = ArrayPool<double>.Shared.Rent(64);
    private int _length, _lines, _codePoints;

    public bool IsFor(string otherStream, string otherLog) => stream == otherStream && log == otherLog;

    /// <summary>Adds the lines <paramref name="from"/> up to <paramref name="to"/> of the batch.</summary>
    public void Append(LineBatch batch, int from, int to)
    {
        int byteStart = from == 0 ? 0 : batch.ByteEnds[from - 1];
        int pointStart = from == 0 ? 0 : batch.Newlines[from - 1] + 1;
        var bytes = batch.Bytes[byteStart..batch.ByteEnds[to - 1]];
        var newlines = batch.Newlines[from..to];
        Grow(ref _utf8, _length, bytes.Length);
        Grow(ref _newlines, _lines, newlines.Length);
        Grow(ref _times, _lines, newlines.Length);

        bytes.CopyTo(_utf8.AsSpan(_length));
        _length += bytes.Length;
        int shift = _codePoints - pointStart;
        var target = _newlines.AsSpan(_lines, newlines.Length);
        for (int i = 0; i < target.Length; i++) target[i] = newlines[i] + shift;
        _times.AsSpan(_lines, newlines.Length).Fill(batch.Time);
        if (from == 0) _times[_lines] = batch.FirstTime;
        _lines += newlines.Length;
        _codePoints += newlines[^1] + 1 - pointStart;
    }

    public UpdateEntry.Text ToEntry() => new(
        stream, log, _utf8.AsMemory(0, _length), _newlines.AsMemory(0, _lines), _times.AsMemory(0, _lines));

    /// <summary>Gives the arrays back; the entry made of them must not be used any more.</summary>
    public void Return()
    {
        ArrayPool<byte>.Shared.Return(_utf8);
        ArrayPool<int>.Shared.Return(_newlines);
        ArrayPool<double>.Shared.Return(_times);
    }

    private static void Grow<T>(ref T[] array, int used, int more)
    {
        if (array.Length >= used + more) return;
        var bigger = ArrayPool<T>.Shared.Rent(Math.Max(used + more, array.Length * 2));
        array.AsSpan(0, used).CopyTo(bigger);
        ArrayPool<T>.Shared.Return(array);
        array = bigger;
    }
}
