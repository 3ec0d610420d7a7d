using System.Globalization;
using System.Text;
using Quern.Archives;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Testing;

namespace Quern.Packaging.Tests;

/// <summary>Writes tar bytes header by header, so that a test can also write what no tar program would.</summary>
internal sealed class PackageBuilder
{
    private readonly List<byte> _tar = [];

    public static Recipe Recipe { get; } = new()
    {
        Name = new PackageName("demo"),
        Version = "1.0",
        RealVersion = "1",
        Description = "A package of the tests",
    };

    public static PackageBuilder WithLeaf(string? text = null) =>
        new PackageBuilder().Add("demo-1.0/leaf.pkg", text ?? LeafText.Of(Recipe));

    public PackageBuilder Add(string name, string content = "", char type = '0', string target = "", long? size = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        var header = new byte[512];
        Put(0, name);
        Put(100, "0000755\0");
        Put(108, "0000000\0");
        Put(116, "0000000\0");
        Put(124, Convert.ToString(size ?? bytes.Length, 8).PadLeft(11, '0') + "\0");
        Put(136, "00000000000\0");
        Put(148, "        ");
        header[156] = (byte)type;
        Put(157, target);
        Put(257, "ustar\0" + "00");
        int sum = header.Sum(b => b);
        Put(148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        return Raw(header).Raw(bytes).Raw(new byte[(512 - (bytes.Length % 512)) % 512]);

        void Put(int at, string text) => Encoding.UTF8.GetBytes(text).CopyTo(header, at);
    }

    /// <summary>A pax header for the next member.</summary>
    public PackageBuilder Pax(string key, string value)
    {
        string rest = $" {key}={value}\n";
        int bytes = Encoding.UTF8.GetByteCount(rest);
        int length = bytes + 1;
        while (length.ToString(CultureInfo.InvariantCulture).Length + bytes != length) length++;
        return Add("pax", length.ToString(CultureInfo.InvariantCulture) + rest, 'x');
    }

    public PackageBuilder Raw(byte[] bytes)
    {
        _tar.AddRange(bytes);
        return this;
    }

    public byte[] Bytes() => [.. _tar];

    /// <summary>The archive with its end mark, compressed by the real program.</summary>
    public async Task<byte[]> ToPackageAsync(bool end = true)
    {
        if (end) Raw(new byte[1024]);
        return await Xz.CompressAsync([.. _tar]);
    }
}
