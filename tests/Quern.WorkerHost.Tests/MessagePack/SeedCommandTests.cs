using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost.Tests.MessagePack;

/// <summary>Revision v1, the worker's end: every command, and every way of an update, by its section of the protocol's description.</summary>
public sealed class SeedCommandTests : SeedFixture
{
    private static readonly WireValue Nil = WireValue.Nil.Value;

    [Fact]
    public async Task Shell_runs_a_script_below_the_builder_and_says_what_it_did()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "shell", ("workdir", "build/sub"), ("command", "pwd; echo wrong >&2; exit 3"), ("logEnviron", true));

        Assert.Equal((3L, $"{Root}/b/build/sub\n", "wrong\n", null), (command.ReturnCode, command["stdout"], command["stderr"], command.Failure));
        Assert.Contains($"in dir {Root}/b/build/sub", command["header"], StringComparison.Ordinal);
        Assert.Contains("  PATH=", command["header"], StringComparison.Ordinal);
        Assert.EndsWith(" rc header elapsed complete", command.Sequence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shell_runs_a_list_of_words_in_an_absolute_workdir()
    {
        var conversation = await JoinAsync();
        string folder = Path.Combine(Root, "elsewhere");

        var command = await conversation.RunAsync(
            "shell", ("workdir", folder), ("command", SeedConversation.List("printf", "%s|", "a b", "$HOME")), ("logEnviron", false));

        Assert.Equal((0L, "a b|$HOME|\n"), (command.ReturnCode, command["stdout"]));
        Assert.True(Directory.Exists(folder));
        Assert.DoesNotContain("  PATH=", command["header"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shell_env_follows_the_rules_of_its_section()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "shell", ("workdir", "build"), ("command", "echo \"$LIST|$GONE|$SUBST|$KEPT\"; env | grep -c ^HOME="), ("logEnviron", false),
            ("env", SeedConversation.Map(
                ("LIST", SeedConversation.List("a", "b")), ("HOME", Nil), ("SUBST", "x${PATH}y${NO_SUCH_NAME}z"), ("KEPT", "k"))));

        Assert.Equal($"a:b||x{Environment.GetEnvironmentVariable("PATH")}yz|k\n0\n", command["stdout"]);
    }

    [Fact]
    public async Task Shell_wants_of_streams_and_standard_input_are_honoured()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "shell", ("workdir", "build"), ("command", "cat; echo err >&2"), ("want_stdout", false), ("want_stderr", true),
            ("initial_stdin", "typed in\n"), ("logEnviron", false));
        var other = await conversation.RunAsync(
            "shell", ("workdir", "build"), ("command", "cat; echo err >&2"), ("want_stderr", false), ("initial_stdin", "typed in\n"), ("logEnviron", false));

        Assert.Equal("", command["stdout"]);
        Assert.Contains("err", command["stderr"], StringComparison.Ordinal);
        Assert.Equal(("typed in\n", ""), (other["stdout"], other["stderr"]));
    }

    [Fact]
    public async Task Shell_logfiles_come_by_their_names()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "shell", ("workdir", "build"), ("command", "echo old > tail.log; echo first > build.log; sleep 3"), ("logEnviron", false),
            ("logfiles", SeedConversation.Map(
                ("the log", SeedConversation.Map(("filename", "build.log"), ("follow", false))), ("short", "tail.log"))));

        Assert.Equal(("first\n", "old\n"), (command["log the log"], command["log short"]));
    }

    [Theory]
    [InlineData("timeout", "command timed out: 1 seconds without output")]
    [InlineData("maxTime", "command timed out: 1 seconds elapsed")]
    public async Task Shell_time_limits_end_the_process(string limit, string header)
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync("shell", ("workdir", "build"), ("command", "exec sleep 1000"), (limit, 1L), ("logEnviron", false));

        Assert.Equal(-1, command.ReturnCode);
        Assert.Contains(header, command["header"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shell_sigtermTime_gives_the_process_time_to_end()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "shell", ("workdir", "build"), ("command", "trap 'echo ended; exit 7' TERM; while :; do sleep 0.1; done"), ("maxTime", 1L),
            ("sigtermTime", 60L), ("logEnviron", false));

        Assert.Equal((7L, "ended\n"), (command.ReturnCode, command["stdout"]));
    }

    [Fact]
    public async Task Shell_usePTY_gives_a_terminal()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync("shell", ("workdir", "build"), ("command", "tty"), ("usePTY", true), ("logEnviron", false));

        Assert.StartsWith("/dev/", command["stdout"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_file_writes_blocks_closes_and_sets_the_times()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/out.bin", "0123456789");
        var modified = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(InBuild("out.bin"), modified);

        var command = await conversation.RunAsync(
            "upload_file", ("workdir", "build"), ("workersrc", "out.bin"), ("maxsize", Nil), ("blocksize", 4L), ("keepstamp", true));

        Assert.Equal("update_upload_file_write update_upload_file_close update_upload_file_utime complete", command.Calls);
        Assert.Equal((0L, "0123456789"), (command.ReturnCode, Encoding.UTF8.GetString(command.Written)));
        Assert.Equal(new DateTimeOffset(modified).ToUnixTimeSeconds(), command.Times!.Value.Modified);
    }

    [Fact]
    public async Task Upload_file_beyond_maxsize_fails_after_so_many_bytes()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/out.bin", "0123456789");

        var command = await conversation.RunAsync(
            "upload_file", ("workdir", "build"), ("workersrc", "out.bin"), ("maxsize", 7L), ("blocksize", 4L), ("keepstamp", false));

        Assert.Equal("update_upload_file_write update_upload_file_close complete", command.Calls);
        Assert.Equal((1L, "0123456"), (command.ReturnCode, Encoding.UTF8.GetString(command.Written)));
    }

    [Fact]
    public async Task Upload_file_that_is_missing_fails()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "upload_file", ("workdir", "build"), ("workersrc", "none"), ("maxsize", Nil), ("blocksize", 4L), ("keepstamp", false));

        Assert.Equal((1L, $"Cannot open file '{Root}/b/build/none' for upload\n"), (command.ReturnCode, command["stderr"]));
    }

    [Theory]
    [InlineData("workersource")]
    [InlineData("workersrc")]
    public async Task Upload_directory_writes_a_tarball_and_unpacks(string argument)
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/tree/sub/a.txt", "content");

        var command = await conversation.RunAsync(
            "upload_directory", ("workdir", "build"), (argument, "tree"), ("maxsize", Nil), ("blocksize", 16384L), ("compress", "gz"));

        Assert.Equal("update_upload_directory_write update_upload_directory_unpack complete", command.Calls);
        Assert.Equal(0, command.ReturnCode);
        await using var tar = new TarReader(new GZipStream(new MemoryStream(command.Written), CompressionMode.Decompress));
        var names = new List<string>();
        while (await tar.GetNextEntryAsync(cancellationToken: TestContext.Current.CancellationToken) is { } entry) names.Add(entry.Name.TrimStart('.', '/'));
        Assert.Contains("sub/a.txt", names);
    }

    [Fact]
    public async Task Download_file_reads_until_nothing_comes_and_closes()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "download_file", ["first,"u8.ToArray(), "second"u8.ToArray()], ("workdir", "build"), ("workerdest", "sub/got"), ("maxsize", Nil),
            ("blocksize", 6L), ("mode", 0x1EDL));

        Assert.Equal(("update_read_file update_read_file_close complete", 0L), (command.Calls, command.ReturnCode));
        Assert.Equal("first,second", await File.ReadAllTextAsync(InBuild("sub/got"), TestContext.Current.CancellationToken));
        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(InBuild("sub/got")));
    }

    [Fact]
    public async Task Download_file_beyond_maxsize_fails()
    {
        var conversation = await JoinAsync();

        var command = await conversation.RunAsync(
            "download_file", ["0123456789"u8.ToArray()], ("workdir", "build"), ("workerdest", "got"), ("maxsize", 5L), ("blocksize", 16L), ("mode", Nil));

        Assert.Equal(1, command.ReturnCode);
        Assert.Equal("01234", await File.ReadAllTextAsync(InBuild("got"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Update_upload_file_close_that_is_refused_is_a_failed_command()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/out.bin", "x");

        var command = await conversation.StartAsync(
            "upload_file", ("workdir", "build"), ("workersrc", "out.bin"), ("maxsize", Nil), ("blocksize", 4L), ("keepstamp", false));
        command.Refusals["update_upload_file_close"] = "disk full";
        await conversation.ServeAsync(() => command.IsComplete);

        Assert.Contains("disk full", command.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listdir_names_the_entries()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/one", "");
        await WriteAsync("b/build/two", "");

        var command = await conversation.RunAsync("listdir", ("dir", "build"));
        var failed = await conversation.RunAsync("listdir", ("dir", "none"));

        Assert.Equal(["one", "two"], Texts(command.Files));
        Assert.Equal(("files rc elapsed complete", 0L), (command.Sequence, command.ReturnCode));
        Assert.Equal(("elapsed header rc", 2L), (failed.Keys, failed.ReturnCode));
    }

    [Fact]
    public async Task Mkdir_makes_a_directory_with_those_above()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/file", "");

        var command = await conversation.RunAsync("mkdir", ("dir", "build/x/y"));
        var failed = await conversation.RunAsync("mkdir", ("dir", "file/z"));

        Assert.True(Directory.Exists(InBuild("x/y")));
        Assert.Equal((0L, 20L), (command.ReturnCode, failed.ReturnCode));
        Assert.Equal("elapsed header rc", failed.Keys);
    }

    [Fact]
    public async Task Rmdir_removes_one_or_several()
    {
        var conversation = await JoinAsync();
        foreach (string name in (string[])["one", "two", "three"]) await WriteAsync($"b/build/{name}/file", "");

        var one = await conversation.RunAsync("rmdir", ("dir", "build/one"), ("logEnviron", false));
        var several = await conversation.RunAsync("rmdir", ("dir", SeedConversation.List("build/two", "build/three")), ("logEnviron", false), ("timeout", 60L));

        Assert.Equal((0L, 0L), (one.ReturnCode, several.ReturnCode));
        Assert.Empty(Directory.GetDirectories(InBuild("")));
    }

    [Fact]
    public async Task Cpdir_copies_a_directory()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/from/file", "content");

        var command = await conversation.RunAsync("cpdir", ("fromdir", "build/from"), ("todir", "build/to"), ("logEnviron", false));
        var failed = await conversation.RunAsync("cpdir", ("fromdir", "build/none"), ("todir", "build/to2"), ("logEnviron", false));

        Assert.Equal("content", await File.ReadAllTextAsync(InBuild("to/file"), TestContext.Current.CancellationToken));
        Assert.Equal((0L, true), (command.ReturnCode, failed.ReturnCode > 0));
    }

    [Fact]
    public async Task Stat_has_ten_numbers()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/file", "content");

        var command = await conversation.RunAsync("stat", ("file", "build/file"));
        var failed = await conversation.RunAsync("stat", ("file", "none"));

        Assert.Equal(10, command.Stat!.Items.Length);
        Assert.Equal((WireValue)7L, command.Stat.Items[6]);
        Assert.Equal((0L, 2L, "elapsed header rc"), (command.ReturnCode, failed.ReturnCode, failed.Keys));
    }

    [Fact]
    public async Task Glob_answers_paths_below_the_builder()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/a.txt", "");
        await WriteAsync("b/build/c.bin", "");

        var command = await conversation.RunAsync("glob", ("path", "build/*.txt"));
        var none = await conversation.RunAsync("glob", ("path", "build/*.none"));

        Assert.Equal([InBuild("a.txt")], Texts(command.Files));
        Assert.Equal((0L, 0L), (command.ReturnCode, none.ReturnCode));
        Assert.Empty(none.Files!.Items);
    }

    [Fact]
    public async Task Rmfile_removes_a_file()
    {
        var conversation = await JoinAsync();
        await WriteAsync("b/build/file", "");

        var command = await conversation.RunAsync("rmfile", ("path", "build/file"));
        var failed = await conversation.RunAsync("rmfile", ("path", "build/file"));

        Assert.False(File.Exists(InBuild("file")));
        Assert.Equal((0L, 2L, "elapsed header rc"), (command.ReturnCode, failed.ReturnCode, failed.Keys));
    }

    private static IEnumerable<string> Texts(WireValue.List? list) =>
        list!.Items.Select(i => ((WireValue.Text)i).Value).Order(StringComparer.Ordinal);

    private async Task WriteAsync(string name, string content)
    {
        string path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, content);
    }
}
