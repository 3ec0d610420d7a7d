using System.Text;
using Quern.Model;
using Quern.Peers.Buildbot;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

public sealed class LineAssemblerTests
{
    private static readonly DateTimeOffset First = DateTimeOffset.UnixEpoch.AddSeconds(1);
    private static readonly DateTimeOffset Second = DateTimeOffset.UnixEpoch.AddSeconds(2);

    [Fact]
    public void Whole_lines_go_through_as_they_are_without_a_copy()
    {
        var assembler = new LineAssembler();
        byte[] text = "one\ntwo\n"u8.ToArray();

        (ReadOnlyMemory<byte> lines, DateTimeOffset at) = assembler.Take(OutputStream.Stdout, "", text, First);

        Assert.True(lines.Equals((ReadOnlyMemory<byte>)text));
        Assert.Equal(First, at);
        Assert.Empty(assembler.Flush());
    }

    [Fact]
    public void Text_cut_anywhere_gives_the_same_lines()
    {
        byte[] text = Encoding.UTF8.GetBytes("grün\nzwei\n\nende");
        for (int cut = 0; cut <= text.Length; cut++)
        {
            var assembler = new LineAssembler();
            string got = "";
            foreach (byte[] piece in new[] { text[..cut], text[cut..] })
                if (piece.Length > 0) got += Encoding.UTF8.GetString(assembler.Take(OutputStream.Stdout, "", piece, First).Lines.Span);
            got += string.Concat(assembler.Flush().Select(l => Encoding.UTF8.GetString(l.Line.Span)));

            Assert.Equal("grün\nzwei\n\nende\n", got);
        }
    }

    [Fact]
    public void A_line_has_the_time_of_its_first_piece_and_streams_do_not_mix()
    {
        var assembler = new LineAssembler();

        Assert.True(assembler.Take(OutputStream.Stdout, "", "out"u8.ToArray(), First).Lines.IsEmpty);
        Assert.True(assembler.Take(OutputStream.Stdout, "build.log", "log"u8.ToArray(), First).Lines.IsEmpty);
        (ReadOnlyMemory<byte> err, DateTimeOffset errAt) = assembler.Take(OutputStream.Stderr, "", "err\n"u8.ToArray(), Second);
        (ReadOnlyMemory<byte> rest, DateTimeOffset outAt) = assembler.Take(OutputStream.Stdout, "", "put\nmore"u8.ToArray(), Second);

        Assert.Equal("err\n", Encoding.UTF8.GetString(err.Span));
        Assert.Equal(Second, errAt);
        Assert.Equal("output\n", Encoding.UTF8.GetString(rest.Span));
        Assert.Equal(First, outAt);
        Assert.Equal(
            [("", "more\n", Second), ("build.log", "log\n", First)],
            assembler.Flush().Select(l => (l.Log, Encoding.UTF8.GetString(l.Line.Span), l.At)).OrderBy(l => l.Log, StringComparer.Ordinal));
    }

    [Fact]
    public void An_endless_line_is_ended_where_the_limit_is()
    {
        var assembler = new LineAssembler();
        byte[] piece = new byte[LineAssembler.MaxRestBytes / 2 + 1];
        Array.Fill(piece, (byte)'x');

        Assert.True(assembler.Take(OutputStream.Stdout, "", piece, First).Lines.IsEmpty);
        ReadOnlyMemory<byte> ended = assembler.Take(OutputStream.Stdout, "", piece, Second).Lines;

        Assert.Equal((2 * piece.Length) + 1, ended.Length);
        Assert.Equal((byte)'\n', ended.Span[^1]);
        Assert.Empty(assembler.Flush());
    }
}
