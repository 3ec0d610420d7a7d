using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

public sealed class UpdateBufferTests
{
    private static LineBatch Lines(params string[] lines)
    {
        var batch = new LineBatch { FirstTime = 1, Time = 2 };
        foreach (string line in lines)
        {
            batch.AddBytes(Encoding.UTF8.GetBytes(line));
            batch.AddLine(Encoding.UTF8.GetByteCount(line), line.EnumerateRunes().Count());
        }
        return batch;
    }

    private static List<string> Texts(IEnumerable<UpdateBatch> batches) =>
        [.. batches.Select(b => string.Join('|', b.Entries.OfType<UpdateEntry.Text>().Select(t => t.Stream + ":" + Encoding.UTF8.GetString(t.Utf8.Span))))];

    [Fact]
    public void Neighbours_of_one_stream_become_one_entry_with_shifted_indexes()
    {
        var buffer = new UpdateBuffer(1000);
        var full = new List<UpdateBatch>();

        buffer.Append("stdout", "", Lines("é\n", "ab\n"), full);
        buffer.Append("stdout", "", Lines("c\n"), full);
        buffer.Append("log", "x", Lines("l\n"), full);
        buffer.Append("log", "y", Lines("l\n"), full);

        Assert.Empty(full);
        var entries = buffer.Take()!.Entries;
        Assert.Equal(3, entries.Length);
        var text = Assert.IsType<UpdateEntry.Text>(entries[0]);
        Assert.Equal([1, 4, 6], text.NewlineIndexes.ToArray());
        Assert.Equal([1.0, 2.0, 1.0], text.Times.ToArray());
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void Too_much_text_is_cut_at_line_ends_with_as_many_lines_as_fit()
    {
        var buffer = new UpdateBuffer(40);
        var full = new List<UpdateBatch>();

        buffer.Append(new UpdateEntry.ReturnCode(0), full);
        buffer.Append("stdout", "", Lines("ab\n", "cd\n", "ef\n", new string('x', 99) + "\n"), full);

        Assert.Equal(["", "stdout:ab\ncd\n", "stdout:ef\n", "stdout:" + new string('x', 99) + "\n"], Texts(full));
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void What_does_not_fit_any_more_sends_what_waits()
    {
        var buffer = new UpdateBuffer(40);
        var full = new List<UpdateBatch>();

        buffer.Append("stdout", "", Lines("abc\n"), full);
        buffer.Append("stderr", "", Lines("abcdef\n"), full);

        Assert.Equal(["stdout:abc\n"], Texts(full));
        Assert.False(buffer.IsEmpty);
    }
}
