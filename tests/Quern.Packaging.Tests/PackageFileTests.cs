using System.Security.Cryptography;
using Quern.Model;
using Quern.Packaging.PackageFiles;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class PackageFileTests
{
    private const string Data = "demo-1.0/data/";

    private static async Task<PackageCheck> CheckAsync(PackageBuilder builder, PackageLimits? limits = null, bool end = true) =>
        await CheckAsync(await builder.ToPackageAsync(end), limits);

    private static Task<PackageCheck> CheckAsync(byte[] file, PackageLimits? limits = null) =>
        PackageFile.VerifyAsync(new MemoryStream(file), PackageBuilder.Recipe, limits ?? new PackageLimits(), CancellationToken.None);

    private static string ReasonOf(PackageCheck check) => Assert.IsType<PackageCheck.Invalid>(check).Reason;

    [Fact]
    public async Task A_good_package_gives_its_members_with_hashes()
    {
        var check = await CheckAsync(PackageBuilder.WithLeaf()
            .Add(Data + "usr/lib/libdemo.so.1", "bytes")
            .Add(Data + "usr/lib/libdemo.so", type: '2', target: "libdemo.so.1")
            .Add(Data + "usr/share/empty/", type: '5')
            .Add(Data + "etc/alternatives/demo", type: '2', target: "/usr/bin/demo"));

        var members = Assert.IsType<PackageCheck.Valid>(check).Members;
        Assert.Equal(
            [("/usr/lib/libdemo.so.1", MemberKind.File), ("/usr/lib/libdemo.so", MemberKind.Link), ("/usr/share/empty", MemberKind.Folder), ("/etc/alternatives/demo", MemberKind.Link)],
            members.Select(m => (m.Path, m.Kind)));
        Assert.Equal(Sha256Hash.FromBytes(SHA256.HashData("bytes"u8)), members[0].Sha256);
        Assert.Equal("libdemo.so.1", members[1].Target);
    }

    [Fact]
    public async Task A_long_name_in_an_extension_header_is_read()
    {
        string name = Data + string.Join('/', Enumerable.Repeat("folder", 40)) + "/é";

        var check = await CheckAsync(PackageBuilder.WithLeaf().Pax("path", name).Add("short", "x"));

        Assert.Equal("/" + name[Data.Length..], Assert.Single(Assert.IsType<PackageCheck.Valid>(check).Members).Path);
    }

    [Theory]
    [Trait("CWE", "22")]
    [InlineData("demo-1.0/data/../../etc/passwd", "'..' in its name")]
    [InlineData("/etc/passwd", "does not lie below")]
    [InlineData("demo-1.0/data//etc/passwd", "absolute name")]
    [InlineData("demo-1.0/data/a//b", "empty part")]
    [InlineData("demo-1.0/data/./a", "'.' in its name")]
    [InlineData("demo-1.0/other", "does not lie below")]
    [InlineData("other-1.0/data/a", "does not lie below")]
    [InlineData("demo-1.0/data/a\nb", "control character")]
    public async Task A_member_outside_the_package_is_refused(string name, string expected) =>
        Assert.Contains(expected, ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add(name, "x"))), StringComparison.Ordinal);

    [Fact]
    [Trait("CWE", "22")]
    public async Task An_extension_header_cannot_smuggle_a_name() =>
        Assert.Contains("'..'", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Pax("path", Data + "../../x").Add(Data + "good", "x"))), StringComparison.Ordinal);

    [Theory]
    [Trait("CWE", "59")]
    [InlineData("usr/x", "../../etc/passwd")]
    [InlineData("x", "..")]
    [InlineData("usr/x", "/../etc")]
    [InlineData("a/b/c", "../../../../etc")]
    public async Task A_link_out_of_the_root_is_refused(string path, string target) =>
        Assert.Contains("link out of the root", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add(Data + path, type: '2', target: target))), StringComparison.Ordinal);

    [Fact]
    [Trait("CWE", "59")]
    public async Task Nothing_is_installed_through_a_link_of_the_package()
    {
        string after = ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add(Data + "etc", type: '2', target: "/usr").Add(Data + "etc/x", "x")));
        string before = ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add(Data + "etc/x", "x").Add(Data + "etc", type: '2', target: "/usr")));

        Assert.Contains("lies below the link etc", after, StringComparison.Ordinal);
        Assert.Contains("is a link where other members have a folder", before, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('1')]
    [InlineData('3')]
    [InlineData('4')]
    [InlineData('6')]
    [InlineData('7')]
    [InlineData('g')]
    [InlineData('S')]
    public async Task Devices_pipes_hard_links_and_unknown_types_are_refused(char type) =>
        Assert.Contains("files, folders and symbolic links only", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add(Data + "x", type: type, target: "leaf.pkg"))), StringComparison.Ordinal);

    [Fact]
    public async Task A_member_may_not_be_there_twice() =>
        Assert.Contains("twice", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add(Data + "x", "1").Add(Data + "x", "2"))), StringComparison.Ordinal);

    [Fact]
    public async Task The_description_must_be_the_recipes()
    {
        Assert.Contains("leaf.pkg does not say", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf("name=other\n"))), StringComparison.Ordinal);
        Assert.Contains("has no demo-1.0/leaf.pkg", ReasonOf(await CheckAsync(new PackageBuilder().Add(Data + "x", "x"))), StringComparison.Ordinal);
        Assert.Contains("leaf.pkg", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add("demo-1.0/leaf.pkg", "x"))), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("CWE", "409")]
    public async Task A_package_that_unpacks_to_too_much_is_refused_before_it_is_read()
    {
        var bomb = PackageBuilder.WithLeaf().Add(Data + "bomb", size: 7L << 30);

        Assert.Contains("unpacks to more than", ReasonOf(await CheckAsync(bomb, new PackageLimits { MaxUnpackedBytes = 1 << 30 })), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("CWE", "789")]
    public async Task An_extension_header_of_two_gigabytes_takes_no_memory()
    {
        byte[] file = await PackageBuilder.WithLeaf().Add("pax", type: 'x', size: int.MaxValue).ToPackageAsync();
        long before = GC.GetTotalAllocatedBytes(precise: true);

        string reason = ReasonOf(await CheckAsync(file));

        Assert.Contains("extension header", reason, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 << 20);
    }

    [Fact]
    public async Task Too_many_members_are_refused()
    {
        var builder = PackageBuilder.WithLeaf();
        for (int i = 0; i < 20; i++) builder.Add($"{Data}{i}", "x");

        Assert.Contains("more than 10 members", ReasonOf(await CheckAsync(builder, new PackageLimits { MaxMembers = 10 })), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_behind_the_end_is_refused() =>
        Assert.Contains("behind the end", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add(Data + "a", "x").Raw(new byte[1024]).Add(Data + "../b", "x"))), StringComparison.Ordinal);

    [Fact]
    public async Task Damaged_files_are_refused_wherever_they_are_cut()
    {
        byte[] whole = await PackageBuilder.WithLeaf().Add(Data + "x", "content").ToPackageAsync();

        Assert.Contains("xz", ReasonOf(await CheckAsync("not xz at all"u8.ToArray())), StringComparison.Ordinal);
        Assert.Contains("end mark", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf(), end: false)), StringComparison.Ordinal);
        for (int length = 0; length < whole.Length; length += 7)
            Assert.IsType<PackageCheck.Invalid>(await CheckAsync(whole[..length]));
    }

    [Fact]
    public async Task Arbitrary_changes_of_the_archive_never_throw()
    {
        var random = new Random(20260301);
        byte[] good = new PackageBuilder().Add("demo-1.0/leaf.pkg", "x").Pax("path", Data + "y").Add(Data + "x", "content").Add(Data + "l", type: '2', target: "x").Bytes();
        for (int i = 0; i < 2000; i++)
        {
            byte[] bad = [.. good];
            for (int n = random.Next(1, 8); n > 0; n--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            var input = new TarInput(new MemoryStream(bad));
            try
            {
                while (await input.NextAsync(CancellationToken.None) is not null) { }
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                // The two that the caller turns into a verdict.
            }
        }
    }
}
