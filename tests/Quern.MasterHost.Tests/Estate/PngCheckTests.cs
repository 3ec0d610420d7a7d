using System.Buffers.Binary;
using Quern.MasterHost.Estate;

namespace Quern.MasterHost.Tests.Estate;

public sealed class PngCheckTests
{
    /// <summary>One pixel, as a program wrote it.</summary>
    public static byte[] Pixel { get; } =
        Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    [Fact]
    public void A_picture_of_somebody_else_s_program_is_good() => Assert.Null(PngCheck.Problem(Pixel));

    [Fact]
    public void A_picture_that_is_cut_anywhere_is_not()
    {
        for (int length = 0; length < Pixel.Length; length++) Assert.NotNull(PngCheck.Problem(Pixel.AsSpan(0, length)));
    }

    [Fact]
    public void A_picture_of_which_any_bit_is_wrong_is_not()
    {
        for (int bit = 0; bit < Pixel.Length * 8; bit++)
        {
            byte[] damaged = [.. Pixel];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotNull(PngCheck.Problem(damaged));
        }
    }

    [Theory, InlineData(1u, 1u, null), InlineData(2048u, 2048u, null), InlineData(0u, 1u, "0 by 1"), InlineData(1u, 2049u, "1 by 2049"), InlineData(uint.MaxValue, 1u, "by 1")]
    public void Its_sides_have_bounds(uint width, uint height, string? problem)
    {
        string? found = PngCheck.Problem(Png(Header(width, height), ("IDAT", [1]), ("IEND", [])));

        if (problem is null) Assert.Null(found);
        else Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Fact]
    public void It_has_one_header_first_a_picture_and_an_end()
    {
        Assert.Null(PngCheck.Problem(Png(Header(1, 1), ("tEXt", [65]), ("IDAT", [1]), ("IDAT", [2]), ("IEND", []))));
        Assert.NotNull(PngCheck.Problem(Png(("IDAT", [1]), Header(1, 1), ("IEND", []))));
        Assert.NotNull(PngCheck.Problem(Png(Header(1, 1), Header(1, 1), ("IDAT", [1]), ("IEND", []))));
        Assert.NotNull(PngCheck.Problem(Png(Header(1, 1), ("IEND", []))));
        Assert.NotNull(PngCheck.Problem(Png(Header(1, 1), ("IDAT", [1]))));
        Assert.NotNull(PngCheck.Problem(Png(Header(1, 1), ("ID T", [1]), ("IDAT", [1]), ("IEND", []))));
        Assert.Contains("behind its end", PngCheck.Problem([.. Pixel, 0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_and_depths_that_no_picture_has_are_refused()
    {
        var header = Header(1, 1);
        header.Content[8] = 3;   // bits of a sample
        Assert.NotNull(PngCheck.Problem(Png(header, ("IDAT", [1]), ("IEND", []))));
    }

    [Theory, InlineData(0, true), InlineData(1, false)]
    public void It_has_a_mebibyte_at_most(int more, bool good)
    {
        int rest = PngCheck.MaxBytes - Png(Header(1, 1), ("IDAT", []), ("IEND", [])).Length;

        Assert.Equal(good, PngCheck.Problem(Png(Header(1, 1), ("IDAT", new byte[rest + more]), ("IEND", []))) is null);
    }

    private static (string Type, byte[] Content) Header(uint width, uint height)
    {
        byte[] content = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(content, width);
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(4), height);
        content[8] = 8;
        content[9] = 6;
        return ("IHDR", content);
    }

    private static byte[] Png(params (string Type, byte[] Content)[] chunks)
    {
        var png = new List<byte>(Pixel[..8]);
        foreach (var (type, content) in chunks)
        {
            byte[] number = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
            png.AddRange(number);
            byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(type), .. content];
            png.AddRange(body);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
            png.AddRange(number);
        }
        return [.. png];
    }

    /// <summary>Bit by bit, as the specification has it: apart from the table of the program.</summary>
    private static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int k = 0; k < 8; k++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }
        return ~crc;
    }
}
