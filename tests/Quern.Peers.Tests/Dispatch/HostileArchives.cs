using System.IO.Compression;
using System.Text;

namespace Quern.Peers.Tests.Dispatch;

/// <summary>Tars of which a master takes nothing.</summary>
internal static class HostileArchives
{
    public const int MaxBytes = 1 << 20;

    private static readonly Dictionary<string, Func<byte[]>> All = new(StringComparer.Ordinal)
    {
        ["a file above"] = () => Tar(File("../out")),
        ["a file above by a detour"] = () => Tar(File("a/../../out")),
        ["a folder above"] = () => Tar(RawTar.Member("../out/", '5')),
        ["the folder above"] = () => Tar(RawTar.Member("..", '5')),
        ["a climb that stays inside"] = () => Tar(File("a/../b")),
        ["an absolute file"] = () => Tar(File("/tmp/quern-hostile-out")),
        ["an absolute file with two slashes"] = () => Tar(File("//tmp/quern-hostile-out")),
        ["an absolute folder"] = () => Tar(RawTar.Member("/tmp/quern-hostile-out/", '5')),
        ["an absolute name in a pax record"] = () => Tar(RawTar.Pax("path", "/tmp/quern-hostile-out"), File("harmless")),
        ["a climb in a pax record"] = () => Tar(RawTar.Pax("path", "../out"), File("harmless")),
        ["a climb in a long name of GNU"] = () => Tar(RawTar.GnuLong('L', "../out"), RawTar.Member("harmless", '0', content: [1], gnu: true)),
        ["an absolute link"] = () => Tar(Link("l", "/etc")),
        ["a link above"] = () => Tar(Link("l", "..")),
        ["a link far above"] = () => Tar(Link("l", "../../etc")),
        ["a link above in a pax record"] = () => Tar(RawTar.Pax("linkpath", "/etc"), Link("l", "harmless")),
        ["a link above in a long link of GNU"] = () => Tar(RawTar.GnuLong('K', "/etc"), RawTar.Member("l", '2', "harmless", gnu: true)),
        ["a link that climbs after another"] = () => Tar(RawTar.Member("p/", '5'), RawTar.Member("a/", '5'), Link("a/c", "../p"), Link("x", "a/c/../../out")),
        ["a link to nothing"] = () => Tar(Link("l", "")),
        ["a file below a link"] = () => Tar(RawTar.Member("a/", '5'), Link("l", "a"), File("l/inside")),
        ["a folder below a link"] = () => Tar(RawTar.Member("a/", '5'), Link("l", "a"), RawTar.Member("l/inside/", '5')),
        ["a folder in the place of a link"] = () => Tar(RawTar.Member("a/", '5'), Link("l", "a"), RawTar.Member("l/", '5')),
        ["a file in the place of a link"] = () => Tar(Link("l", "a"), File("l")),
        ["a hard link above"] = () => Tar(Hard("h", "../out")),
        ["an absolute hard link"] = () => Tar(Hard("h", "/etc/passwd")),
        ["a hard link to what is not there"] = () => Tar(Hard("h", "later"), File("later")),
        ["a hard link to a link"] = () => Tar(File("a"), Link("l", "a"), Hard("h", "l")),
        ["a hard link below a link"] = () => Tar(RawTar.Member("a/", '5'), File("a/f"), Link("l", "a"), Hard("h", "l/f")),
        ["a hard link to a folder"] = () => Tar(RawTar.Member("a/", '5'), Hard("h", "a")),
        ["hard links that make more than may come"] = () => Tar([File("f", 200_000), .. Enumerable.Range(0, 6).Select(i => Hard($"h{i}", "f"))]),
        ["a FIFO"] = () => Tar(RawTar.Member("f", '6')),
        ["a character device"] = () => Tar(RawTar.Member("d", '3')),
        ["a block device"] = () => Tar(RawTar.Member("d", '4')),
        ["a member of a kind that nobody knows"] = () => Tar(RawTar.Member("d", 'Z')),
        ["a name with a NUL"] = () => Tar(RawTar.Pax("path", "a\0b"), File("harmless")),
        ["a link with a NUL"] = () => Tar(RawTar.Pax("linkpath", "a\0b"), Link("l", "harmless")),
        ["a name that no file system takes"] = () => Tar(RawTar.Pax("path", new string('n', 256)), File("harmless")),
        ["a path that no file system takes"] = () => Tar(RawTar.Pax("path", string.Join('/', Enumerable.Repeat(new string('d', 200), 30))), File("harmless")),
        ["one name twice"] = () => Tar(File("f"), File("f")),
        ["a file in the place of a folder"] = () => Tar(RawTar.Member("a/", '5'), File("a")),
        ["a tar that ends in a member"] = () => Tar(File("f", 4000))[..1500],
        ["a tar within gzip"] = () => Gzip(Tar(File("f"))),
        ["what is no tar"] = () => Encoding.UTF8.GetBytes(new string('?', 2048)),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static byte[] Of(string name) => All[name]();

    private static byte[] Tar(params IEnumerable<byte[]> members) => [.. members.SelectMany(m => m), .. RawTar.End];

    private static byte[] File(string name, int bytes = 1) => RawTar.Member(name, '0', content: new byte[bytes]);

    private static byte[] Link(string name, string target) => RawTar.Member(name, '2', target);

    private static byte[] Hard(string name, string target) => RawTar.Member(name, '1', target);

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
