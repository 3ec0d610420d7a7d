using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

public sealed class FileCommandTests(EngineFixture engine) : IClassFixture<EngineFixture>
{
    private string Tree(string name)
    {
        Directory.CreateDirectory(Path.Combine(engine.PathOf(name), "d1/d2"));
        File.WriteAllText(Path.Combine(engine.PathOf(name), "d1/f.txt"), "content\n");
        File.WriteAllText(Path.Combine(engine.PathOf(name), "d1/.hidden.txt"), "");
        File.CreateSymbolicLink(Path.Combine(engine.PathOf(name), "d1/link"), "nowhere");
        return engine.PathOf(name);
    }

    [Fact]
    public async Task Mkdir_makes_parents_and_stops_at_the_first_bad_one()
    {
        string root = Tree("mkdir");

        var good = await engine.RunAsync("mkdir", ("paths", EngineFixture.List($"{root}/a/b/c", $"{root}/d1")));
        var bad = await engine.RunAsync("mkdir", ("paths", EngineFixture.List($"{root}/d1/f.txt/x", $"{root}/never")));

        Assert.Equal("rc elapsed", good.Sequence);
        Assert.True(Directory.Exists($"{root}/a/b/c"));
        Assert.Equal(20, bad.ReturnCode);
        Assert.Equal("rc elapsed header", bad.Sequence);
        Assert.Equal($"mkdir: Not a directory: {root}/d1/f.txt/x\n", bad.Text("header"));
        Assert.False(Directory.Exists($"{root}/never"));
    }

    [Fact]
    public async Task Stat_tells_ten_numbers_or_the_error()
    {
        string root = Tree("stat");

        var good = await engine.RunAsync("stat", ("path", $"{root}/d1/f.txt"), ("workdir", "build"));
        var bad = await engine.RunAsync("stat", ("path", $"{root}/nothing-here"));

        Assert.Equal("stat rc elapsed", good.Sequence);
        var fields = good.Single<UpdateEntry.Stat>().Fields;
        Assert.Equal(10, fields.Length);
        Assert.Equal(0x8000, fields[0] & 0xF000);
        Assert.Equal(8, fields[6]);
        Assert.Equal(new FileInfo($"{root}/d1/f.txt").LastWriteTimeUtc.Subtract(DateTime.UnixEpoch).TotalSeconds, fields[8], 1.0);
        Assert.Equal($"stat: No such file or directory: {root}/nothing-here\n", bad.Text("header"));
        Assert.Equal(2, bad.ReturnCode);
    }

    [Theory]
    [InlineData("d1/*.txt", "d1/f.txt")]
    [InlineData("**/*.txt", "d1/f.txt")]
    [InlineData("d1/.*", "d1/.hidden.txt")]
    [InlineData("d?/l[h-j]n[!x]", "d1/link")]
    [InlineData("none*", "")]
    [InlineData("d1/f.txt", "d1/f.txt")]
    public async Task Glob_finds_what_python_finds(string pattern, string expected)
    {
        string root = Tree("glob-" + Guid.NewGuid().ToString("N"));

        var said = await engine.RunAsync("glob", ("path", $"{root}/{pattern}"));

        Assert.Equal("files rc elapsed", said.Sequence);
        Assert.Equal(expected.Length == 0 ? [] : [$"{root}/{expected}"], said.Single<UpdateEntry.Files>().Names);
    }

    [Fact]
    public async Task Listdir_names_everything_or_tells_the_error()
    {
        string root = Tree("list");

        var good = await engine.RunAsync("listdir", ("path", $"{root}/d1"));
        var bad = await engine.RunAsync("listdir", ("path", $"{root}/absent"));

        Assert.Equal([".hidden.txt", "d2", "f.txt", "link"], good.Single<UpdateEntry.Files>().Names.Order(StringComparer.Ordinal));
        Assert.Equal($"listdir: No such file or directory: {root}/absent\n", bad.Text("header"));
    }

    [Fact]
    public async Task Rmfile_removes_once()
    {
        string root = Tree("rmfile");

        var first = await engine.RunAsync("rmfile", ("path", $"{root}/d1/f.txt"));
        var second = await engine.RunAsync("rmfile", ("path", $"{root}/d1/f.txt"));

        Assert.Equal((0, 2), (first.ReturnCode, second.ReturnCode));
        Assert.Equal($"rmfile: No such file or directory: {root}/d1/f.txt\n", second.Text("header"));
    }

    [Fact]
    public async Task Rmdir_and_cpdir_show_their_programs_and_one_rc()
    {
        string root = Tree("copy");

        var copied = await engine.RunAsync("cpdir", ("from_path", $"{root}/d1"), ("to_path", $"{root}/new/d3"), ("logEnviron", false));
        var removed = await engine.RunAsync("rmdir", ("paths", EngineFixture.List($"{root}/new", $"{root}/absent")), ("logEnviron", false));

        Assert.Equal("header stdout header rc elapsed", copied.Sequence);
        Assert.StartsWith(
            $"cp -R -P -p -v {root}/d1 {root}/new/d3\n in dir {engine.Root} (timeout 120 secs)\n watching logfiles {{}}\n argv: [b'cp', b'-R', b'-P', b'-p', b'-v', ",
            copied.Text("header"), StringComparison.Ordinal);
        Assert.Equal("header rc elapsed", removed.Sequence);
        Assert.Equal(0, removed.ReturnCode);
        Assert.False(Directory.Exists($"{root}/new"));
    }
}
