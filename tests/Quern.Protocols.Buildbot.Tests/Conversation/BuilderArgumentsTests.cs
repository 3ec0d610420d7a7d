using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class BuilderArgumentsTests
{
    private static WireValue.Map Map(params (string Key, WireValue Value)[] entries) =>
        new([.. entries.Select(e => KeyValuePair.Create(e.Key, e.Value))]);

    private static WireValue.Map? Complete(string command, out BuilderArgumentProblem problem, params (string Key, WireValue Value)[] arguments) =>
        BuilderArguments.TryComplete(command, Map(arguments), "/farm/b", "/home/farm", out problem);

    private static string PathOf(WireValue.Map? map, string key) => ((WireValue.Text)map![key]!).Value;

    [Theory]
    [InlineData("uploadFile", "workersrc", "out.txt", "/farm/b/build/out.txt")]
    [InlineData("uploadFile", "workersrc", "/abs/out.txt", "/abs/out.txt")]
    [InlineData("uploadDirectory", "workersrc", "~/tree", "/home/farm/tree")]
    [InlineData("uploadDirectory", "workersrc", "~", "/home/farm")]
    [InlineData("uploadFile", "workersrc", "~other/x", "/farm/b/build/~other/x")]
    [InlineData("uploadFile", "slavesrc", "old.txt", "/farm/b/build/old.txt")]
    [InlineData("downloadFile", "workerdest", "sub/in.txt", "/farm/b/build/sub/in.txt")]
    [InlineData("downloadFile", "slavedest", "old.txt", "/farm/b/build/old.txt")]
    [InlineData("upload_file", "workersrc", "out.txt", "/farm/b/build/out.txt")]
    [InlineData("upload_directory", "workersource", "tree", "/farm/b/build/tree")]
    [InlineData("upload_directory", "workersrc", "tree", "/farm/b/build/tree")]
    [InlineData("download_file", "workerdest", "~/in.txt", "/home/farm/in.txt")]
    public void A_transfer_is_below_its_workdir(string command, string name, string value, string expected)
    {
        var complete = Complete(command, out _, ("workdir", "build"), (name, value));

        Assert.Equal(expected, PathOf(complete, "path"));
    }

    [Theory]
    [InlineData("stat", "file", "build/x", "path", "/farm/b/build/x")]
    [InlineData("glob", "path", "build/*.c", "path", "/farm/b/build/*.c")]
    [InlineData("glob", "path", "~/x", "path", "/farm/b/~/x")]
    [InlineData("rmfile", "path", "~/x", "path", "/home/farm/x")]
    [InlineData("listdir", "dir", "build", "path", "/farm/b/build")]
    [InlineData("shell", "workdir", "build", "workdir", "/farm/b/build")]
    [InlineData("shell", "workdir", "/srv/x", "workdir", "/srv/x")]
    [InlineData("shell", "workdir", "", "workdir", "/farm/b/")]
    public void A_path_is_below_the_builders_folder(string command, string name, string value, string result, string expected)
    {
        var complete = Complete(command, out _, (name, value));

        Assert.Equal(expected, PathOf(complete, result));
    }

    [Fact]
    public void A_stat_may_have_a_workdir()
    {
        var complete = Complete("stat", out _, ("workdir", "build"), ("file", "d/f"));

        Assert.Equal("/farm/b/build/d/f", PathOf(complete, "path"));
    }

    [Fact]
    public void One_or_several_folders_are_removed()
    {
        var one = Complete("rmdir", out _, ("dir", "d1"));
        var several = Complete("rmdir", out _, ("dir", new WireValue.List(["d1", "/d2"])));

        Assert.Equal(new WireValue.List(["/farm/b/d1"]), one!["paths"]);
        Assert.Equal(new WireValue.List(["/farm/b/d1", "/d2"]), several!["paths"]);
    }

    [Fact]
    public void A_copy_has_two_paths()
    {
        var complete = Complete("cpdir", out _, ("fromdir", "a"), ("todir", "b"), ("timeout", 120L));

        Assert.Equal(("/farm/b/a", "/farm/b/b"), (PathOf(complete, "from_path"), PathOf(complete, "to_path")));
        Assert.Equal(new WireValue.Integer(120), complete!["timeout"]);
    }

    [Theory]
    [InlineData("shell", "workdir")]
    [InlineData("mkdir", "dir")]
    [InlineData("cpdir", "fromdir")]
    [InlineData("stat", "file")]
    [InlineData("uploadFile", "workdir")]
    public void A_missing_path_is_named(string command, string expected)
    {
        var complete = Complete(command, out var problem);

        Assert.Null(complete);
        Assert.Equal(new BuilderArgumentProblem(expected, IsMissing: true), problem);
    }

    [Fact]
    public void The_newer_name_is_missed_when_neither_is_there()
    {
        Complete("downloadFile", out var problem, ("workdir", "build"));

        Assert.Equal(new BuilderArgumentProblem("workerdest", IsMissing: true), problem);
    }

    [Fact]
    public void A_path_that_is_no_text_is_named()
    {
        Complete("mkdir", out var problem, ("dir", 5L));

        Assert.Equal(new BuilderArgumentProblem("dir", IsMissing: false), problem);
    }

    [Fact]
    public void Arguments_of_other_commands_stay_as_they_are()
    {
        var complete = Complete("nosuchcommand", out _, ("some", "arg"));

        Assert.Equal(Map(("some", "arg")), complete);
    }
}
