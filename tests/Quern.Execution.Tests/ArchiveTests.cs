using System.Diagnostics;
using System.Formats.Tar;
using System.Net.Sockets;
using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

/// <summary>Every kind of thing that may lie in a folder which is packed.</summary>
public sealed class ArchiveTests(EngineFixture engine) : IClassFixture<EngineFixture>
{
    public static TheoryData<string> Names =>
    [
        "two\nlines", "with blanks", " ", "-dash", "..dots", "\\back", "ünï ☃", "'quoted'", new string('n', 100), new string('n', 101), new string('n', 255),
        $"{new string('a', 120)}/{new string('b', 120)}", string.Join('/', Enumerable.Repeat(new string('d', 100), 6)),
    ];

    [Theory, MemberData(nameof(Names))]
    public async Task A_name_of_any_form_and_length_is_packed_as_it_is(string name)
    {
        string root = Folder();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, name))!);
        await File.WriteAllTextAsync(Path.Combine(root, name), "content", TestContext.Current.CancellationToken);

        var (said, members) = await PackAsync(root);

        Assert.Equal(0, said.ReturnCode);
        Assert.Equal(("content", TarEntryType.RegularFile), members.Where(m => m.Name == name).Select(m => (m.Content, m.Type)).Single());
        Assert.DoesNotContain(members, m => m.Name.StartsWith('/') || m.Name.Split('/').Contains(".."));
    }

    /// <summary>GNU's tar reads what ours wrote, long names, links and all.</summary>
    [Fact]
    public async Task Another_program_finds_the_same_members()
    {
        string root = Folder(), longest = new('n', 255);
        await File.WriteAllTextAsync(Path.Combine(root, longest), "x", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(root, "two\nlines"), "x", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(root, "link"), longest);
        Directory.CreateDirectory(Path.Combine(root, "empty"));
        Run("mkfifo", Path.Combine(root, "fifo"));

        var (said, _) = await PackAsync(root);
        string tar = engine.PathOf($"{Guid.NewGuid():N}.tar");
        await File.WriteAllBytesAsync(tar, said.Written, TestContext.Current.CancellationToken);

        Assert.Equal(
            ["./", "empty", "fifo", "link", longest, "two\\nlines"],
            Run("tar", "-tf", tar, "--quoting-style=escape").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Links_are_packed_as_links_wherever_they_lead()
    {
        string root = Folder();
        File.CreateSymbolicLink(Path.Combine(root, "absolute"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(root, "above"), "../../etc");
        File.CreateSymbolicLink(Path.Combine(root, "nowhere"), "missing");
        File.CreateSymbolicLink(Path.Combine(root, "self"), "self");
        File.CreateSymbolicLink(Path.Combine(root, "here"), ".");
        File.CreateSymbolicLink(Path.Combine(root, "lines"), "two\nlines");

        var (_, members) = await PackAsync(root);

        Assert.Equal(
            [("above", "../../etc"), ("absolute", "/etc/passwd"), ("here", "."), ("lines", "two\nlines"), ("nowhere", "missing"), ("self", "self")],
            members.Where(m => m.Type == TarEntryType.SymbolicLink).Select(m => (m.Name, m.Link)).Order());
        Assert.Equal(7, members.Count);
    }

    [Fact]
    public async Task What_has_a_name_of_two_lines_keeps_its_kind_its_permissions_and_its_time()
    {
        string root = Folder(), file = Path.Combine(root, "two\nlines"), folder = Path.Combine(root, "a\nfolder");
        await File.WriteAllTextAsync(file, "x", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupExecute);
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddSeconds(1000));
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var (said, _) = await PackAsync(root);

        var found = new List<(string, TarEntryType, UnixFileMode)>();
        using var tar = new TarReader(new MemoryStream(said.Written));
        while (await tar.GetNextEntryAsync(cancellationToken: TestContext.Current.CancellationToken) is { } entry)
        {
            found.Add((entry.Name.TrimEnd('/'), entry.EntryType, entry.Mode));
            if (entry.Name == "two\nlines") Assert.Equal(1000, entry.ModificationTime.ToUnixTimeSeconds());
        }
        Assert.Contains(("two\nlines", TarEntryType.RegularFile, UnixFileMode.UserRead | UnixFileMode.GroupExecute), found);
        Assert.Contains(("a\nfolder", TarEntryType.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute), found);
    }

    [Fact]
    public async Task A_file_with_two_names_is_whole_under_both()
    {
        string root = Folder();
        await File.WriteAllTextAsync(Path.Combine(root, "a"), "same", TestContext.Current.CancellationToken);
        Run("ln", Path.Combine(root, "a"), Path.Combine(root, "b"));

        var (_, members) = await PackAsync(root);

        Assert.Equal([("a", "same"), ("b", "same")], members.Where(m => m.Name != ".").Select(m => (m.Name, m.Content)));
    }

    [Fact]
    public async Task A_link_to_a_folder_gives_what_is_in_the_folder()
    {
        string root = Folder(), link = root + "-link";
        await File.WriteAllTextAsync(Path.Combine(root, "f"), "x", TestContext.Current.CancellationToken);
        Directory.CreateSymbolicLink(link, root);

        var (_, members) = await PackAsync(link);

        Assert.Equal([(".", TarEntryType.Directory), ("f", TarEntryType.RegularFile)], members.Select(m => (m.Name, m.Type)));
    }

    /// <summary>None of them is opened: a FIFO without a writer would never end.</summary>
    [Fact]
    public async Task FIFOs_and_devices_are_members_without_content_and_sockets_are_left_out()
    {
        string root = Folder();
        Run("mkfifo", Path.Combine(root, "fifo"));
        Run("mknod", Path.Combine(root, "device"), "c", "0", "0");   // the one device that everybody may make
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(root, "socket")));

        var (said, members) = await PackAsync(root);

        Assert.Equal(0, said.ReturnCode);
        Assert.Equal(
            [(".", TarEntryType.Directory), ("device", TarEntryType.CharacterDevice), ("fifo", TarEntryType.Fifo)],
            members.Select(m => (m.Name, m.Type)));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_fails_the_whole()
    {
        string root = Folder();
        // Deeper than any path may be long: it can be made, and not be listed by its name.
        Run("sh", "-c", "cd \"$1\" && i=0; while [ $i -lt 25 ]; do mkdir $2 && cd -P $2 || exit 1; i=$((i+1)); done", "sh", root, new string('d', 200));
        try
        {
            var (said, _) = await PackAsync(root);

            Assert.Null(said.ReturnCode);
            Assert.Contains($"cannot pack '{root}': ", said.Failure?.Text, StringComparison.Ordinal);
            Assert.Equal(["update", "complete"], said.Calls);
        }
        finally
        {
            Run("rm", "-rf", root);
        }
    }

    /// <summary>Root reads it all the same; for everybody else it is not there.</summary>
    [Fact]
    public async Task A_folder_without_permissions_is_packed_whole_or_not_at_all()
    {
        string root = Folder(), closed = Path.Combine(root, "closed");
        Directory.CreateDirectory(closed);
        await File.WriteAllTextAsync(Path.Combine(closed, "f"), "x", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(closed, UnixFileMode.None);
        try
        {
            var (said, members) = await PackAsync(root);

            Assert.Equal(said.Failure is null, members.Any(m => m.Name == "closed/f"));
            Assert.Equal(said.Failure is null, said.ReturnCode == 0);
        }
        finally
        {
            File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task A_name_that_is_no_UTF8_fails_the_whole_and_says_which()
    {
        string root = Folder();
        Run("sh", "-c", "cd \"$1\" && : > \"$(printf 'bad\\377name')\"", "sh", root);

        try
        {
            var (said, _) = await PackAsync(root);

            Assert.Null(said.ReturnCode);
            Assert.Contains($"'{root}/bad\uFFFDname'", said.Failure?.Text, StringComparison.Ordinal);
            Assert.Equal(["update", "complete"], said.Calls);
        }
        finally
        {
            Run("rm", "-rf", root);   // the framework cannot name it
        }
    }

    [Theory]
    [InlineData("upload_directory", "path")]
    [InlineData("upload_file", "path")]
    [InlineData("download_file", "path")]
    [InlineData("rmfile", "path")]
    [InlineData("stat", "path")]
    [InlineData("listdir", "path")]
    [InlineData("glob", "path")]
    [InlineData("mkdir", "paths")]
    [InlineData("rmdir", "paths")]
    [InlineData("cpdir", "to_path")]
    [InlineData("cpdir", "from_path")]
    public void A_path_with_a_NUL_is_refused_before_anything_sees_the_front_of_it(string command, string argument)
    {
        string path = engine.PathOf("kept\0behind");
        var others = new[] { "path", "to_path", "from_path" }.Where(n => n != argument).Select(n => (n, (WireValue)engine.PathOf("kept")));

        var refused = Assert.IsType<StartResult.Refused>(engine.Refusal(
            command, [(argument, argument == "paths" ? EngineFixture.List(path) : path), ("blocksize", 5L), .. others]));

        Assert.Equal("embedded null byte", refused.Failure.Message);
    }

    [Fact]
    public async Task A_folder_of_which_a_block_was_refused_is_not_unpacked()
    {
        string root = Folder();
        var channel = new RecordingChannel { RefusesBlocks = true };

        await engine.Start("upload_directory", channel, ("path", root), ("blocksize", 16384L)).Completion.WaitAsync(EngineFixture.Patience);

        Assert.Equal(1, channel.ReturnCode);
        Assert.DoesNotContain("unpack", channel.Calls);
        Assert.Contains("no more", channel.Failure?.Text, StringComparison.Ordinal);
    }

    private string Folder()
    {
        string path = engine.PathOf($"packed-{Guid.NewGuid():N}");
        Directory.CreateDirectory(path);
        return path;
    }

    private async Task<(RecordingChannel Said, List<Member> Members)> PackAsync(string root)
    {
        var said = await engine.RunAsync(
            "upload_directory", ("path", root), ("blocksize", 16384L), ("maxsize", WireValue.Nil.Value), ("compress", WireValue.Nil.Value));
        var members = new List<Member>();
        using var tar = new TarReader(new MemoryStream(said.Written));
        while (said.Written.Length > 0 && await tar.GetNextEntryAsync() is { } entry)
        {
            using var content = new StreamReader(entry.DataStream ?? Stream.Null, Encoding.UTF8);
            members.Add(new Member(entry.Name.TrimEnd('/'), entry.EntryType, entry.LinkName, await content.ReadToEndAsync()));
        }
        return (said, members);
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private sealed record Member(string Name, TarEntryType Type, string Link, string Content);
}
