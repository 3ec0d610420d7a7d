using System.Security.Cryptography;
using Quern.Archives;
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

    private static async Task<PackageCheck> InspectAsync(string leaf, string version = "1.0", string realVersion = "1") =>
        await PackageFile.InspectAsync(
            new MemoryStream(await PackageBuilder.WithLeaf(leaf).Add(Data + "x", "x").ToPackageAsync()), PackageBuilder.Recipe.Name, version, realVersion, new PackageLimits(), CancellationToken.None);

    [Fact]
    public async Task A_package_without_its_recipe_is_taken_by_what_it_says_of_itself()
    {
        var valid = Assert.IsType<PackageCheck.Valid>(await InspectAsync("name=demo\nversion=1.0\nreal_version=1\nextra=y\ndescription=a = b\r\ndependencies=[one][][two][one]"));

        Assert.Equal(("a = b", "one two"), (valid.Leaf!.Description, string.Join(' ', valid.Leaf.Dependencies)));
        Assert.Equal("/x", Assert.Single(valid.Members).Path);
    }

    [Theory]
    [InlineData("name=other\nversion=1.0\nreal_version=1\n", "its leaf.pkg says other 1.0-1")]
    [InlineData("name=demo\nversion=1.1\nreal_version=1\n", "its leaf.pkg says demo 1.1-1")]
    [InlineData("name=demo\nversion=1.0\nreal_version=2\n", "its leaf.pkg says demo 1.0-2")]
    [InlineData("", "its leaf.pkg says")]
    [InlineData("name=demo\nversion=1.0\nreal_version=1\ndependencies=[a/../b]\n", "no list of package names")]
    [InlineData("name=demo\nversion=1.0\nreal_version=1\ndependencies=[a\n", "no list of package names")]
    [InlineData("name=demo\nversion=1.0\nreal_version=1\ndependencies=a\n", "no list of package names")]
    [InlineData("name=demo\nversion=1.0\nreal_version=1\ndescription=\u001b[31m\n", "control characters")]
    public async Task A_package_that_says_something_else_is_refused(string leaf, string expected) =>
        Assert.Contains(expected, ReasonOf(await InspectAsync(leaf)), StringComparison.Ordinal);

    [Fact]
    public async Task Without_a_recipe_its_members_are_checked_all_the_same()
    {
        byte[] file = await PackageBuilder.WithLeaf().Add(Data + "../../x", "x").ToPackageAsync();

        var check = await PackageFile.InspectAsync(new MemoryStream(file), PackageBuilder.Recipe.Name, "1.0", "1", new PackageLimits(), CancellationToken.None);

        Assert.Contains("'..' in its name", ReasonOf(check), StringComparison.Ordinal);
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

    [Fact]
    public async Task The_second_name_of_a_file_is_that_file_once_more()
    {
        var check = await CheckAsync(PackageBuilder.WithLeaf().Add(Data + "bin/a", "content").Add(Data + "bin/b", type: '1', target: Data + "bin/a").Add(Data + "bin/c", type: '1', target: Data + "bin/b"));

        var members = Assert.IsType<PackageCheck.Valid>(check).Members;
        Assert.Equal(["/bin/a", "/bin/b", "/bin/c"], members.Select(m => m.Path));
        Assert.All(members, m => Assert.Equal((MemberKind.File, 7L, members[0].Sha256), (m.Kind, m.Bytes, m.Sha256)));
    }

    [Theory]
    [Trait("CWE", "59")]
    [InlineData("demo-1.0/data/bin/later")]
    [InlineData("demo-1.0/data/link")]
    [InlineData("demo-1.0/leaf.pkg")]
    [InlineData("/etc/shadow")]
    [InlineData("../../etc/shadow")]
    [InlineData("")]
    public async Task A_hard_link_to_anything_else_is_refused(string target) =>
        Assert.Contains("is no file of the package before it", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf()
            .Add(Data + "link", type: '2', target: "/etc/shadow").Add(Data + "bin/b", type: '1', target: target).Add(Data + "bin/later", "x"))), StringComparison.Ordinal);

    [Theory]
    [InlineData('3')]
    [InlineData('4')]
    [InlineData('6')]
    [InlineData('7')]
    [InlineData('g')]
    [InlineData('S')]
    public async Task Devices_pipes_and_unknown_types_are_refused(char type) =>
        Assert.Contains("files, folders and links only", ReasonOf(await CheckAsync(PackageBuilder.WithLeaf().Add(Data + "x", type: type, target: "leaf.pkg"))), StringComparison.Ordinal);

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
