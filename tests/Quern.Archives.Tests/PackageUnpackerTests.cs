using System.Text;
using Quern.Testing;

namespace Quern.Archives.Tests;

public sealed class PackageUnpackerTests : IDisposable
{
    private const string Data = "demo-1.0/data/";

    private readonly ScratchFolder _folder = new();
    private readonly List<string> _replaced = [];

    public PackageUnpackerTests() => Directory.CreateDirectory(_folder["root"]);

    public void Dispose() => _folder.Dispose();

    private static TarBytes Package => new TarBytes().File("demo-1.0/leaf.pkg", "name=demo\n");

    private async Task<int> InstallAsync(byte[] file, UnpackLimits? limits = null) =>
        await PackageUnpacker.InstallAsync(new MemoryStream(file), "demo-1.0", new RootFolder(_folder["root"]), limits ?? new UnpackLimits(), _replaced.Add, CancellationToken.None);

    private async Task<int> InstallAsync(TarBytes tar, UnpackLimits? limits = null) => await InstallAsync(await Xz.CompressAsync(tar.ToArchive()), limits);

    private async Task<string> RefusalAsync(TarBytes tar, UnpackLimits? limits = null) =>
        (await Assert.ThrowsAsync<InvalidDataException>(() => InstallAsync(tar, limits))).Message;

    [Fact]
    public async Task Files_links_and_folders_are_installed_with_their_modes_and_nobodys_rights()
    {
        int count = await InstallAsync(Package.Folder(Data + "usr/lib", 0x1C0).File(Data + "usr/lib/libz.so.1", "content", 0x9ED).Link(Data + "usr/lib/libz.so", "libz.so.1").File(Data + "readme", "top", 0));

        Assert.Equal(3, count);
        Assert.Equal("content", await File.ReadAllTextAsync(_folder["root/usr/lib/libz.so"]));
        Assert.Equal((0x1ED, 0x1C0, 0x180), ((int)File.GetUnixFileMode(_folder["root/usr/lib/libz.so.1"]), (int)File.GetUnixFileMode(_folder["root/usr/lib"]), (int)File.GetUnixFileMode(_folder["root/readme"])));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(0x60000000), File.GetLastWriteTimeUtc(_folder["root/readme"]));
        Assert.Empty(_replaced);
    }

    [Fact]
    public async Task What_stands_there_is_replaced_and_named()
    {
        await InstallAsync(Package.File(Data + "a", "old").Link(Data + "b", "a"));

        await InstallAsync(Package.File(Data + "a", "new").File(Data + "b", "no link"));

        Assert.Equal(["/a", "/b"], _replaced);
        Assert.Equal(("new", "no link"), (await File.ReadAllTextAsync(_folder["root/a"]), await File.ReadAllTextAsync(_folder["root/b"])));
    }

    [Theory]
    [InlineData(Data + "../../evil", '0', "", "'..' in its name")]
    [InlineData(Data + "/etc/evil", '0', "", "absolute name")]
    [InlineData("/etc/evil", '0', "", "does not lie below")]
    [InlineData("../evil", '0', "", "does not lie below")]
    [InlineData("other-1.0/data/x", '0', "", "does not lie below")]
    [InlineData("demo-1.0/other", '0', "", "does not lie below")]
    [InlineData(Data + "a//b", '0', "", "empty part")]
    [InlineData(Data + "a\nb", '0', "", "control character")]
    [InlineData(Data + "x", '1', "leaf.pkg", "no file, folder, symbolic link")]
    [InlineData(Data + "x", '1', Data + "missing", "no file, folder, symbolic link")]
    [InlineData(Data + "x", '1', "/etc/passwd", "no file, folder, symbolic link")]
    [InlineData(Data + "x", '3', "", "no file, folder, symbolic link")]
    [InlineData(Data + "x", '4', "", "no file, folder, symbolic link")]
    [InlineData(Data + "x", '6', "", "no file, folder, symbolic link")]
    [InlineData(Data + "x", 'g', "", "no file, folder, symbolic link")]
    [InlineData(Data + "x", '2', "../../evil", "link out of the root")]
    [InlineData(Data + "x", '2', "/../evil", "link out of the root")]
    [InlineData(Data + "x", '2', "", "link to nothing")]
    [InlineData(Data + "branchbuild/build/build.sh", '0', "", "folder of builds")]
    public async Task A_member_that_may_not_be_installed_is_refused_and_nothing_is_written_for_it(string name, char type, string target, string reason)
    {
        string refusal = await RefusalAsync(Package.Header(name, type, target));

        Assert.Contains(reason, refusal, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder["root"]));
        Assert.Equal([_folder["root"]], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task The_second_name_of_a_file_is_a_file_of_its_own_and_that_of_a_link_is_refused()
    {
        Assert.Equal(2, await InstallAsync(Package.File(Data + "bin/gcc", "compiler", 0x1ED).Header(Data + "bin/cc", '1', Data + "bin/gcc")));

        Assert.Equal("compiler", await File.ReadAllTextAsync(_folder["root/bin/cc"]));
        Assert.Equal(0x1ED, (int)File.GetUnixFileMode(_folder["root/bin/cc"]));
        Assert.Contains("second name", await RefusalAsync(Package.Link(Data + "a", "/etc/passwd").Header(Data + "b", '1', Data + "a")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_installed_through_a_link_of_the_same_package() =>
        Assert.Contains("below the link", await RefusalAsync(Package.Link(Data + "a", "b").File(Data + "a/x", "x")), StringComparison.Ordinal);

    [Fact]
    public async Task A_link_of_one_package_leads_the_next_within_the_root()
    {
        await InstallAsync(Package.Link(Data + "etc", _folder["outside"]));
        Directory.CreateDirectory(_folder["outside"]);

        await InstallAsync(Package.File(Data + "etc/passwd", "evil"));

        Assert.Empty(Directory.GetFileSystemEntries(_folder["outside"]));
    }

    [Fact]
    public async Task Only_what_is_whole_is_a_package()
    {
        byte[] whole = await Xz.CompressAsync(Package.File(Data + "x", new string('x', 5000)).ToArchive());
        byte[] spoilt = [.. whole];
        spoilt[^20] ^= 1;

        Assert.Contains("not a whole xz file", (await Assert.ThrowsAsync<InvalidDataException>(() => InstallAsync(whole[..^5]))).Message, StringComparison.Ordinal);
        Assert.Contains("not a whole xz file", (await Assert.ThrowsAsync<InvalidDataException>(() => InstallAsync(spoilt))).Message, StringComparison.Ordinal);
        Assert.Contains("not a whole xz file", (await Assert.ThrowsAsync<InvalidDataException>(() => InstallAsync("no xz"u8.ToArray()))).Message, StringComparison.Ordinal);
        Assert.Contains("leaf.pkg", await RefusalAsync(new TarBytes().File(Data + "x", "x")), StringComparison.Ordinal);
        Assert.Contains("behind the end", await RefusalAsync(Package.Raw(new byte[1024]).File(Data + "x", "x")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_is_refused_by_its_header_alone()
    {
        // 1 MiB of zeros is some hundred bytes under xz; the header says 2 TiB.
        var bomb = Package.Header(Data + "zeros", '0', size: 1L << 32).Raw(new byte[1 << 20]);

        Assert.Contains("unpacks to more than 1000000 bytes", await RefusalAsync(bomb, new UnpackLimits { MaxBytes = 1_000_000 }), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["root/zeros"]));
    }

    [Fact]
    public async Task More_members_than_the_limit_are_refused()
    {
        var tar = Package;
        for (int i = 0; i < 20; i++) tar.File($"{Data}{i}", "x");

        Assert.Contains("more than 10 members", await RefusalAsync(tar, new UnpackLimits { MaxMembers = 10 }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_decompressor_that_wants_more_memory_than_it_may_is_refused() =>
        Assert.Contains("not a whole xz file", (await Assert.ThrowsAsync<InvalidDataException>(async () => await InstallAsync(
            await Xz.CompressAsync(Package.ToArchive()), new UnpackLimits { DecompressorMebibytes = 1 }))).Message, StringComparison.Ordinal);

    [Fact]
    public void The_description_of_a_package_has_one_line_for_each_key() =>
        Assert.Equal(
            "name=demo\nversion=1\nreal_version=2\ndescription=a name=evil\ndependencies=[x][y]\n",
            LeafText.Of(new Model.Recipe
            {
                Name = new("demo"),
                Version = "1",
                RealVersion = "2",
                Description = "a\nname=evil",
                Dependencies = [new("x"), new("y")],
            }));

    [Fact]
    public void A_script_is_its_lines_without_the_blanks_around_them() => Assert.Equal("set -e\na b\n\nc\nset +e\n", RecipeScript.Of(["  a b\t", "", "c\r"]));
}
