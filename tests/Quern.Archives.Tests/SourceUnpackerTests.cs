using System.Diagnostics;
using System.Text;
using Quern.Testing;

namespace Quern.Archives.Tests;

public sealed class SourceUnpackerTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public SourceUnpackerTests() => Directory.CreateDirectory(_folder["root"]);

    public void Dispose() => _folder.Dispose();

    private static TarBytes Source => new TarBytes().Folder("./").Folder("./z-1/").File("./z-1/configure", "run me", 0x1ED);

    private Task<int?> UnpackAsync(byte[] file, UnpackLimits? limits = null) =>
        SourceUnpacker.UnpackAsync(new MemoryStream(file), new RootFolder(_folder["root"]), "build/", limits ?? new UnpackLimits(), CancellationToken.None);

    private async Task<string> RefusalAsync(TarBytes tar) => (await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync(tar.ToArchive()))).Message;

    [Theory]
    [InlineData("cat")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("xz --format=lzma")]
    public async Task An_archive_of_any_usual_compression_is_unpacked(string program)
    {
        byte[] file = await ThroughAsync(program, Source.ToArchive());

        Assert.Equal(2, await UnpackAsync(file));

        Assert.Equal("run me", await File.ReadAllTextAsync(_folder["root/build/z-1/configure"]));
        Assert.Equal(0x1ED, (int)File.GetUnixFileMode(_folder["root/build/z-1/configure"]));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(0x60000000), File.GetLastWriteTimeUtc(_folder["root/build/z-1/configure"]));
    }

    [Fact]
    public async Task What_is_no_archive_is_left_alone()
    {
        Assert.Null(await UnpackAsync("plain text"u8.ToArray()));
        Assert.Null(await UnpackAsync([]));
        Assert.Null(await UnpackAsync(new byte[4096]));
        Assert.Null(await UnpackAsync(await Xz.CompressAsync("compressed text"u8.ToArray())));
        Assert.Empty(Directory.GetFileSystemEntries(_folder["root"]));
    }

    [Fact]
    public async Task Second_names_links_long_names_and_the_header_of_git_are_understood()
    {
        string longName = "z-1/" + string.Join('/', Enumerable.Repeat(new string('n', 60), 4));
        byte[] global = Encoding.ASCII.GetBytes("52 comment=0123456789abcdef0123456789abcdef01234567\n");
        var tar = new TarBytes().Header("pax_global_header", 'g', size: global.Length).Raw(global).Raw(new byte[512 - global.Length])
            .File("z-1/a", "content").Header("z-1/b", '1', "z-1/a").Link("z-1/c", "a").File(longName, "deep").Folder("z-1/").File("z-1/a", "later");

        Assert.Equal(6, await UnpackAsync(tar.ToArchive()));

        Assert.Equal(("later", "content", "later"), (Text("z-1/a"), Text("z-1/b"), Text("z-1/c")));
        Assert.Equal("deep", Text(longName));
    }

    [Theory]
    [InlineData("../evil", '0', "", "'..' in its name")]
    [InlineData("z/../../evil", '0', "", "'..' in its name")]
    [InlineData("/tmp/quern-evil", '0', "", "absolute name")]
    [InlineData("x", '2', "../../evil", "link out of the root")]
    [InlineData("x", '1', "/etc/passwd", "one of its own files")]
    [InlineData("x", '1', "missing", "one of its own files")]
    [InlineData("x", '3', "", "one of its own files")]
    [InlineData("x", '4', "", "one of its own files")]
    [InlineData("x", '6', "", "one of its own files")]
    public async Task A_member_that_may_not_be_unpacked_is_refused(string name, char type, string target, string reason)
    {
        Assert.Contains(reason, await RefusalAsync(new TarBytes().Header(name, type, target)), StringComparison.Ordinal);

        Assert.Equal([_folder["root"]], Directory.GetFileSystemEntries(_folder.Path));
        Assert.False(File.Exists("/tmp/quern-evil"));
    }

    [Fact]
    public async Task Nothing_is_written_through_a_link_of_the_archive()
    {
        Assert.Contains("below the link", await RefusalAsync(new TarBytes().Link("a", "/etc").File("a/quern-evil", "x")), StringComparison.Ordinal);
        Assert.Contains("is there twice", await RefusalAsync(new TarBytes().File("b", "x").Link("b", "/etc")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_that_renames_all_members_is_refused()
    {
        byte[] global = Encoding.ASCII.GetBytes("16 path=../evil\n");

        Assert.Contains("all members", await RefusalAsync(new TarBytes().Header("g", 'g', size: global.Length).Raw(global).Raw(new byte[512 - global.Length]).File("a", "x")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_is_refused_before_it_is_written()
    {
        byte[] bomb = await Xz.CompressAsync(new TarBytes().File("zeros", new byte[4 << 20]).ToArchive());

        string reason = (await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync(bomb, new UnpackLimits { MaxBytes = 1 << 20 }))).Message;

        Assert.Contains("unpacks to more than", reason, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["root/build/zeros"]));
    }

    [Fact]
    public async Task Second_names_count_as_what_they_take()
    {
        var tar = new TarBytes().File("a", new byte[100_000]);
        for (int i = 0; i < 20; i++) tar.Header($"b{i}", '1', "a");

        string reason = (await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync(tar.ToArchive(), new UnpackLimits { MaxBytes = 1 << 20 }))).Message;

        Assert.Contains("unpacks to more than", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_is_cut_is_refused()
    {
        byte[] whole = Source.ToArchive();
        for (int length = 512; length < whole.Length - 1024; length += 512)
            await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync(whole[..length]));
    }

    [Fact]
    public async Task Changed_archives_are_refused_or_unpacked_and_nothing_is_written_outside()
    {
        var random = new Random(20261128);
        byte[] good = new TarBytes().Folder("a/").File("a/b", "content").Link("a/c", "b").Header("a/d", '1', "a/b").File("a/" + new string('n', 120), "long").ToArchive();
        int unpacked = 0;
        for (int i = 0; i < 500; i++)
        {
            byte[] bad = [.. good];
            // Within the names and types of headers, with their sums put right: a wrong sum would end it at once.
            for (int n = random.Next(1, 4); n > 0; n--) Spoil(bad, random);
            try
            {
                if (await UnpackAsync(bad, new UnpackLimits { MaxBytes = 1 << 20 }) is not null) unpacked++;
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
            Directory.Delete(_folder["root"], recursive: true);
            Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
            Directory.CreateDirectory(_folder["root"]);
        }
        Assert.InRange(unpacked, 20, 480);
    }

    private static void Spoil(byte[] tar, Random random)
    {
        const string telling = "./a\0x../25613gLKx\\/";
        int[] headers = [.. Enumerable.Range(0, tar.Length / 512).Where(b => tar.AsSpan((b * 512) + 257, 5).SequenceEqual("ustar"u8))];
        var header = tar.AsSpan(headers[random.Next(headers.Length)] * 512, 512);
        int at = random.Next(3) switch { 0 => 156, 1 => 157 + random.Next(8), _ => random.Next(12) };
        header[at] = (byte)telling[random.Next(telling.Length)];
        "        "u8.CopyTo(header[148..]);
        int sum = 0;
        foreach (byte b in header) sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
    }

    private string Text(string name) => File.ReadAllText(Path.Combine(_folder["root/build"], name));

    private static async Task<byte[]> ThroughAsync(string program, byte[] bytes)
    {
        string[] words = program.Split(' ');
        var start = new ProcessStartInfo(words[0]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (words[0] != "cat") start.ArgumentList.Add("-c");
        foreach (string word in words[1..]) start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        using var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.BaseStream.WriteAsync(bytes);
        process.StandardInput.Close();
        await reading;
        return output.ToArray();
    }
}
