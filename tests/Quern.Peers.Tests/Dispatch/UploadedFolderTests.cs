using System.Formats.Tar;
using System.Text;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Storage;
using Quern.Testing;
using Xunit;

namespace Quern.Peers.Tests.Dispatch;

/// <summary>What a master makes of a folder that a worker packed. Hostile ones come over every protocol in <c>HostileContract</c>.</summary>
public sealed class UploadedFolderTests : IAsyncLifetime
{
    private readonly ScratchFolder _folder = new();
    private readonly LogStore _logs;

    public UploadedFolderTests() => _logs = new LogStore(_folder["logs"], TimeProvider.System);

    public static TheoryData<string, TarEntryFormat> LongNames
    {
        get
        {
            var names = new TheoryData<string, TarEntryFormat>();
            string[] all =
            [
                "two\nlines", "with blanks", "-dash", "..dots", "\\back", "ünï ☃", new('n', 101), new('n', 255),
                $"{new string('a', 120)}/{new string('b', 120)}", string.Join('/', Enumerable.Repeat(new string('d', 100), 6)),
            ];
            foreach (string name in all)
            {
                if (!name.Contains('\n', StringComparison.Ordinal)) names.Add(name, TarEntryFormat.Pax);
                names.Add(name, TarEntryFormat.Gnu);
            }
            names.Add($"{new string('a', 120)}/{new string('b', 90)}", TarEntryFormat.Ustar);   // by its field for the front of a name
            names.Add("plain", TarEntryFormat.V7);
            return names;
        }
    }

    [Theory, MemberData(nameof(LongNames))]
    public async Task A_name_of_any_form_and_length_arrives_as_it_is(string name, TarEntryFormat format)
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, format, leaveOpen: true))
        {
            TarEntry entry = format switch
            {
                TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                _ => new V7TarEntry(TarEntryType.V7RegularFile, name),
            };
            entry.DataStream = new MemoryStream("content"u8.ToArray());
            await writer.WriteEntryAsync(entry, TestContext.Current.CancellationToken);
        }

        await UnpackAsync(tar.ToArray());

        Assert.Equal([name], MembersOf(_folder["target/result"]));
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(_folder["target/result"], name), TestContext.Current.CancellationToken));
    }

    /// <summary>Its record is one line. Python writes one only where a name is long or not ASCII, our worker never.</summary>
    [Fact]
    public async Task A_name_of_two_lines_in_a_pax_record_refuses_the_whole_and_in_a_header_it_does_not()
    {
        await UnpackAsync(RawTar.Member("two\nlines", '0', content: "x"u8.ToArray()), RawTar.End);
        var refused = await Assert.ThrowsAsync<TransferRefusedException>(
            () => UnpackAsync(RawTar.Pax("path", "two\nlines of a name"), RawTar.Member("cut", '0', content: "x"u8.ToArray()), RawTar.End));

        Assert.Contains(_folder["target/result"], refused.Message, StringComparison.Ordinal);
        Assert.Equal(["two\nlines"], MembersOf(_folder["target/result"]));
    }

    /// <summary>Stock workers on Python 3 say <c>/</c>, ours <c>./</c>.</summary>
    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("./")]
    public async Task The_folder_itself_goes_by_four_names(string name)
    {
        await UnpackAsync(RawTar.Member(name, '5'), RawTar.Member("./sub/./f", '0', content: "x"u8.ToArray()), RawTar.End);

        Assert.Equal(["sub/f"], MembersOf(_folder["target/result"]));
    }

    [Fact]
    public async Task Nothing_in_the_tar_is_an_empty_folder()
    {
        await UnpackAsync(RawTar.End);

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["target/result"]));
    }

    [Fact]
    public async Task Long_names_and_long_links_of_GNU_are_read()
    {
        string name = new('n', 150), link = $"{new string('l', 120)}/{new string('m', 60)}";

        await UnpackAsync(
            RawTar.GnuLong('K', link), RawTar.GnuLong('L', name), RawTar.Member("cut", '2', "cut", gnu: true), RawTar.End);

        Assert.Equal(link, new FileInfo(Path.Combine(_folder["target/result"], name)).LinkTarget);
    }

    [Theory]
    [InlineData("f", "elsewhere")]
    [InlineData("sub/f", "../g")]
    [InlineData("sub/f", "..")]
    [InlineData("f", ".")]
    [InlineData("f", "sub/deep/g")]
    public async Task A_link_that_stays_inside_is_laid_whether_or_not_it_leads_to_something(string name, string link)
    {
        await UnpackAsync(RawTar.Member(name, '2', link), RawTar.End);

        Assert.Equal(link, new FileInfo(_folder[$"target/result/{name}"]).LinkTarget);
    }

    /// <summary>So does Python pack a file with several names.</summary>
    [Fact]
    public async Task A_hard_link_is_a_file_with_the_same_bytes()
    {
        await UnpackAsync(
            RawTar.Member("sub/", '5'), RawTar.Member("sub/f", '0', mode: 0x1E4, content: "same"u8.ToArray()), RawTar.Member("h", '1', "sub/f"), RawTar.End);

        Assert.Equal("same", await File.ReadAllTextAsync(_folder["target/result/h"], TestContext.Current.CancellationToken));
        Assert.Equal(File.GetUnixFileMode(_folder["target/result/sub/f"]), File.GetUnixFileMode(_folder["target/result/h"]));
    }

    [Fact]
    public async Task Permissions_are_kept_without_setuid_and_its_like()
    {
        await UnpackAsync(RawTar.Member("f", '0', mode: 0xFC0, content: "x"u8.ToArray()), RawTar.End);   // 07700

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["target/result/f"]));
    }

    [Fact]
    public async Task What_was_there_before_is_gone_when_the_new_folder_is_whole()
    {
        Directory.CreateDirectory(_folder["target/result"]);
        await File.WriteAllTextAsync(_folder["target/result/old"], "x", TestContext.Current.CancellationToken);

        await UnpackAsync(RawTar.Member("new", '0', content: "x"u8.ToArray()), RawTar.End);

        Assert.Equal(["new"], MembersOf(_folder["target/result"]));
        Assert.Equal([_folder["target/result"]], Directory.EnumerateFileSystemEntries(_folder["target"]));
    }

    [Fact]
    public async Task What_was_there_before_stays_when_the_new_folder_is_refused()
    {
        Directory.CreateDirectory(_folder["target/result"]);
        await File.WriteAllTextAsync(_folder["target/result/old"], "x", TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<TransferRefusedException>(() => UnpackAsync(RawTar.Member("good", '0'), RawTar.Member("../out", '0'), RawTar.End));

        Assert.Equal(["old"], MembersOf(_folder["target/result"]));
        Assert.Equal([_folder["target/result"]], Directory.EnumerateFileSystemEntries(_folder["target"]));
    }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        await _logs.DisposeAsync();
        _folder.Dispose();
    }

    private async Task UnpackAsync(params byte[][] tar)
    {
        var log = new JobLog(_logs, JobId.Create(TimeProvider.System.GetUtcNow()), 1, TimeProvider.System);
        await using var observer = new DirectoryUploadObserver(log, _folder["target/result"], HostileArchives.MaxBytes);
        foreach (byte[] block in tar) await observer.WriteAsync(block);
        await observer.CloseWriteAsync();
        Assert.Null(observer.Unfinished);
    }

    /// <summary>Files and links below a folder, by relative names.</summary>
    private static IEnumerable<string> MembersOf(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal);
}
