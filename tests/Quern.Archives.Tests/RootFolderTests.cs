using Quern.Testing;

namespace Quern.Archives.Tests;

public sealed class RootFolderTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public RootFolderTests() => Directory.CreateDirectory(_folder["root"]);

    public void Dispose() => _folder.Dispose();

    private RootFolder Root => new(_folder["root"]);

    [Theory]
    [InlineData("usr/lib")]
    [InlineData("/usr/lib")]
    [InlineData("../../../usr/lib")]
    [InlineData("/../usr/./lib/")]
    public void A_link_leads_within_the_root(string target)
    {
        Directory.CreateDirectory(_folder["root/usr/lib"]);
        File.CreateSymbolicLink(_folder["root/lib"], target);

        string place = Root.MakeRoom("lib/x/y", out bool replaced);

        Assert.Equal((_folder["root/usr/lib/x/y"], false), (place, replaced));
        Assert.True(Directory.Exists(_folder["root/usr/lib/x"]));
    }

    [Theory]
    [InlineData("/usr/lib", "root/usr/lib/x")]
    [InlineData("usr/lib", "root/opt/usr/lib/x")]
    [InlineData("../usr/lib", "root/usr/lib/x")]
    public void A_link_in_a_folder_leads_from_there_or_from_the_top(string target, string place)
    {
        Directory.CreateDirectory(_folder["root/opt"]);
        File.CreateSymbolicLink(_folder["root/opt/lib"], target);

        Assert.Equal(_folder[place], Root.MakeRoom("opt/lib/x", out _));
    }

    [Fact]
    public void A_link_to_a_folder_outside_means_the_one_inside()
    {
        Directory.CreateDirectory(_folder["outside"]);
        File.CreateSymbolicLink(_folder["root/etc"], _folder["outside"]);

        File.WriteAllText(Root.MakeRoom("etc/passwd", out _), "x");

        Assert.Empty(Directory.GetFileSystemEntries(_folder["outside"]));
        Assert.True(File.Exists(_folder["root"] + _folder["outside"] + "/passwd"));
    }

    [Fact]
    public void A_link_to_nothing_makes_the_folder_it_means()
    {
        File.CreateSymbolicLink(_folder["root/lib"], "usr/lib");

        Assert.Equal(_folder["root/usr/lib/x"], Root.MakeRoom("lib/x", out _));
        Assert.True(Directory.Exists(_folder["root/usr/lib"]));
    }

    [Fact]
    public void Links_in_a_circle_are_refused()
    {
        File.CreateSymbolicLink(_folder["root/a"], "b");
        File.CreateSymbolicLink(_folder["root/b"], "a");

        Assert.Contains("too many links", Assert.Throws<InvalidDataException>(() => Root.MakeFolder("a/x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_no_folder_and_a_folder_gives_no_room()
    {
        File.WriteAllText(_folder["root/file"], "x");
        Directory.CreateDirectory(_folder["root/folder"]);

        Assert.Contains("no folder", Assert.Throws<InvalidDataException>(() => Root.MakeFolder("file/x")).Message, StringComparison.Ordinal);
        Assert.Contains("has a folder", Assert.Throws<InvalidDataException>(() => Root.MakeRoom("folder", out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_or_link_gives_way_and_what_it_led_to_stays()
    {
        File.WriteAllText(_folder["root/file"], "x");
        File.CreateSymbolicLink(_folder["root/link"], "file");

        string place = Root.MakeRoom("link", out bool replaced);

        Assert.True(replaced);
        Assert.Equal(_folder["root/link"], place);
        Assert.False(Path.Exists(place));
        Assert.True(File.Exists(_folder["root/file"]));
    }

    [Fact]
    public void Over_a_lower_folder_only_the_upper_one_is_written_and_both_are_seen()
    {
        Directory.CreateDirectory(_folder["lower/usr/lib"]);
        File.SetUnixFileMode(_folder["lower/usr"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(_folder["lower/lib"], "usr/lib");
        File.WriteAllText(_folder["lower/usr/lib/old"], "x");
        var root = new RootFolder(_folder["root"], _folder["lower"]);

        string place = root.MakeRoom("lib/old", out bool replaced);

        Assert.True(replaced);
        Assert.Equal(_folder["root/usr/lib/old"], place);
        Assert.True(File.Exists(_folder["lower/usr/lib/old"]));
        Assert.Equal(File.GetUnixFileMode(_folder["lower/usr"]), File.GetUnixFileMode(_folder["root/usr"]));
        Assert.True(root.IsFolder("lib"));
        Assert.True(root.IsFile("lib/old"));
        Assert.False(root.IsFile("lib"));
        Assert.False(root.IsFolder("lib/old"));
        Assert.False(root.IsFile("lib/none"));
    }
}
