using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Quern.MasterHost.Access.Accounts;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class QrCodeTests
{
    private static readonly string Address = Totp.UriOf("mira", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");

    [Fact]
    public void The_lines_of_a_terminal_and_the_picture_show_the_same_squares()
    {
        var lines = QrCode.Lines(Address);
        bool[,] picture = SquaresOf(QrCode.Png(Address));

        int size = picture.GetLength(0);
        Assert.Equal(((size + 1) / 2, size), (lines.Count, lines[0].Length));
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column < size; column++)
            {
                char sign = lines[row / 2][column];
                bool light = row % 2 == 0 ? sign is '█' or '▀' : sign is '█' or '▄';
                Assert.Equal((row, column, picture[row, column]), (row, column, light));
            }
        }
    }

    [Fact]
    public void The_squares_are_a_code_with_its_three_corners_and_a_margin_of_four()
    {
        bool[,] light = SquaresOf(QrCode.Png(Address));
        int size = light.GetLength(0);

        foreach (var (top, left) in new[] { (4, 4), (4, size - 11), (size - 11, 4) })
        {
            for (int row = 0; row < 7; row++)
            {
                for (int column = 0; column < 7; column++)
                {
                    bool dark = row is 0 or 6 || column is 0 or 6 || (row is >= 2 and <= 4 && column is >= 2 and <= 4);
                    Assert.Equal(dark, !light[top + row, left + column]);
                }
            }
        }
        for (int i = 0; i < size; i++)
            for (int edge = 0; edge < 4; edge++)
                Assert.True(light[edge, i] && light[i, edge] && light[size - 1 - edge, i] && light[i, size - 1 - edge]);
    }

    [Fact]
    public void A_text_of_no_length_and_one_that_no_camera_reads_are_refused()
    {
        Assert.Throws<ArgumentException>(() => QrCode.Png(""));
        Assert.Throws<ArgumentException>(() => QrCode.Lines(new string('x', QrCode.MaxText + 1)));
        Assert.NotEmpty(QrCode.Png(new string('x', QrCode.MaxText)));
    }

    /// <summary>The squares of a PNG of one bit for each point, true for light.</summary>
    private static bool[,] SquaresOf(byte[] png)
    {
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], png[..8]);
        var data = new MemoryStream();
        int width = 0, depth = 0, colour = -1;
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            string type = Encoding.ASCII.GetString(png, at + 4, 4);
            var body = png.AsSpan(at + 8, length);
            if (type == "IHDR") (width, depth, colour) = (BinaryPrimitives.ReadInt32BigEndian(body), body[8], body[9]);
            if (type == "IDAT") data.Write(body);
            at += 12 + length;
        }
        Assert.Equal((1, 0), (depth, colour));
        data.Position = 0;
        using var inflated = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionMode.Decompress)) zlib.CopyTo(inflated);
        byte[] rows = inflated.ToArray();
        int stride = 1 + (width + 7) / 8, scale = 6, size = width / scale;
        var light = new bool[size, size];
        for (int row = 0; row < size; row++)
        {
            int start = row * scale * stride;
            Assert.Equal(0, rows[start]);   // no filter
            for (int column = 0; column < size; column++)
            {
                int x = column * scale;
                light[row, column] = (rows[start + 1 + x / 8] >> (7 - x % 8) & 1) == 1;
            }
        }
        return light;
    }
}
