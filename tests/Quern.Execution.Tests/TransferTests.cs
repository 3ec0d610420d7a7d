using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.Execution.Tests;

public sealed class TransferTests(EngineFixture engine) : IClassFixture<EngineFixture>
{
    private string File(string name, string content)
    {
        System.IO.File.WriteAllText(engine.PathOf(name), content);
        return engine.PathOf(name);
    }

    [Fact]
    public async Task An_upload_sends_blocks_closes_and_sets_times()
    {
        string path = File("up.txt", "hello upload");

        var said = await engine.RunAsync("upload_file", ("path", path), ("blocksize", 5L), ("maxsize", WireValue.Nil.Value), ("keepstamp", true));

        Assert.Equal(["write 5", "write 5", "write 2", "close", "utime", "update", "complete"], said.Calls);
        Assert.Equal("hello upload", Encoding.UTF8.GetString(said.Written));
        Assert.Equal("header rc elapsed", said.Sequence);
        Assert.Equal($"sending {path}\n", said.Text("header"));
        Assert.Equal(0, said.ReturnCode);
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_rc_1()
    {
        var said = await engine.RunAsync("upload_file", ("path", engine.PathOf("missing")), ("blocksize", 5L));

        Assert.Equal(["close", "update", "complete"], said.Calls);
        Assert.Equal("header rc elapsed stderr", said.Sequence);
        Assert.Equal($"Cannot open file '{engine.PathOf("missing")}' for upload\n", said.Text("stderr"));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(12)]
    public async Task The_size_limit_cuts_also_a_file_of_exactly_that_size(long limit)
    {
        string path = File("cut.txt", "hello upload");

        var said = await engine.RunAsync("upload_file", ("path", path), ("blocksize", 100L), ("maxsize", limit));

        Assert.Equal([$"write {limit}", "close", "update", "complete"], said.Calls);
        Assert.Equal(1, said.ReturnCode);
        Assert.Equal($"Maximum filesize reached, truncating file '{path}'\n", said.Text("stderr"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gz")]
    [InlineData("bz2")]
    public async Task A_folder_arrives_as_a_tar(string? compression)
    {
        string tree = engine.PathOf("tree-" + (compression ?? "plain"));
        Directory.CreateDirectory(Path.Combine(tree, "sub"));
        await System.IO.File.WriteAllTextAsync(Path.Combine(tree, "sub", "b.txt"), "two\n");
        System.IO.File.CreateSymbolicLink(Path.Combine(tree, "link"), "sub/b.txt");

        var said = await engine.RunAsync(
            "upload_directory", ("path", tree), ("blocksize", 16384L), ("compress", compression is null ? WireValue.Nil.Value : compression));

        Assert.Equal(["unpack", "update", "complete"], said.Calls.Where(c => !c.StartsWith("write", StringComparison.Ordinal)));
        Assert.Equal(0, said.ReturnCode);
        if (compression == "bz2")
        {
            Assert.Equal("BZh"u8.ToArray(), said.Written[..3]);
            return;
        }
        using Stream bytes = compression == "gz" ? new GZipStream(new MemoryStream(said.Written), CompressionMode.Decompress) : new MemoryStream(said.Written);
        using var tar = new TarReader(bytes);
        var names = new List<string>();
        while (await tar.GetNextEntryAsync() is { } entry) names.Add(entry.Name.TrimEnd('/'));
        Assert.Equal([".", "link", "sub", "sub/b.txt"], names);
    }

    [Fact]
    public async Task An_archive_has_names_below_the_folder_and_links_as_links()
    {
        string root = engine.PathOf("leaving");
        Directory.CreateDirectory(engine.PathOf("outside"));
        System.IO.File.WriteAllText(engine.PathOf("outside/secret"), "what nobody asked for");
        Directory.CreateDirectory(Path.Combine(root, "sub"));
        System.IO.File.CreateSymbolicLink(Path.Combine(root, "absolute"), engine.PathOf("outside/secret"));
        Directory.CreateSymbolicLink(Path.Combine(root, "up"), "../outside");
        Directory.CreateSymbolicLink(Path.Combine(root, "sub", "self"), "..");
        System.IO.File.WriteAllText(Path.Combine(root, "..strange"), "a name with dots");

        var said = await engine.RunAsync("upload_directory", ("path", root), ("blocksize", 16384L), ("maxsize", WireValue.Nil.Value), ("compress", WireValue.Nil.Value));

        using var tar = new TarReader(new MemoryStream(said.Written));
        var members = new List<(string, TarEntryType, string)>();
        while (await tar.GetNextEntryAsync() is { } entry) members.Add((entry.Name.TrimEnd('/'), entry.EntryType, entry.LinkName));
        Assert.Equal(
            [
                (".", TarEntryType.Directory, ""), ("..strange", TarEntryType.RegularFile, ""),
                ("absolute", TarEntryType.SymbolicLink, engine.PathOf("outside/secret")), ("sub", TarEntryType.Directory, ""),
                ("sub/self", TarEntryType.SymbolicLink, ".."), ("up", TarEntryType.SymbolicLink, "../outside"),
            ],
            members);
        Assert.True(said.Written.AsSpan().IndexOf("what nobody asked for"u8) < 0);
    }

    [Fact]
    public async Task A_missing_folder_fails_as_at_the_stock_worker()
    {
        var said = await engine.RunAsync("upload_directory", ("path", engine.PathOf("none")), ("blocksize", 16384L));

        Assert.Equal("elapsed", said.Sequence);
        Assert.Contains($"<class 'FileNotFoundError'>: [Errno 2] No such file or directory: '{engine.PathOf("none")}'", said.Failure?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_download_reads_until_an_empty_block_and_sets_the_mode()
    {
        var channel = new RecordingChannel { Content = new byte[40_000] };
        string path = engine.PathOf("new/sub/got.bin");

        await engine.Start("download_file", channel, ("path", path), ("blocksize", 16384L), ("mode", 493L)).Completion;

        Assert.Equal(["read 16384", "read 16384", "read 16384", "read 16384", "close read", "update", "complete"], channel.Calls);
        Assert.Equal("rc elapsed", channel.Sequence);
        Assert.Equal(40_000, new FileInfo(path).Length);
        var stat = await engine.RunAsync("stat", ("path", path));
        Assert.Equal(493, stat.Single<UpdateEntry.Stat>().Fields[0] & 0xFFF);
    }

    [Fact]
    public async Task A_download_over_the_limit_keeps_the_beginning()
    {
        var channel = new RecordingChannel { Content = new byte[40_000] };

        await engine.Start("download_file", channel, ("path", engine.PathOf("cut.bin")), ("blocksize", 16384L), ("maxsize", 10_000L)).Completion;

        Assert.Equal(["read 10000", "close read", "update", "complete"], channel.Calls);
        Assert.Equal(10_000, new FileInfo(engine.PathOf("cut.bin")).Length);
        Assert.Equal(1, channel.ReturnCode);
    }
}
