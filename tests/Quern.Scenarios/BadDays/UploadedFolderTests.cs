using System.Formats.Tar;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Storage;
using Quern.Testing;

namespace Quern.Scenarios.BadDays;

/// <summary>A worker uploads a folder whose members would leave it: nothing outside is touched and nothing is kept.</summary>
public sealed class UploadedFolderTests
{
    [Theory]
    [InlineData("file ../out")]
    [InlineData("file a/../../out")]
    [InlineData("link l ..", "file l/out")]
    [InlineData("link l /etc")]
    [InlineData("link l ../../etc")]
    [InlineData("dir a", "link l a", "file l/inside")]
    [InlineData("dir p", "dir a", "link a/c ../p", "link x a/c/../../out")]
    [InlineData("hard h ../out")]
    [InlineData("fifo f")]
    public async Task Members_that_leave_the_folder_are_refused(params string[] members)
    {
        using var folder = new ScratchFolder();
        await using var logs = new LogStore(folder["logs"], TimeProvider.System);
        var log = new JobLog(logs, JobId.Create(TimeProvider.System.GetUtcNow()), 1, TimeProvider.System);
        var observer = new DirectoryUploadObserver(log, folder["target/result"], 1 << 20);

        await observer.WriteAsync(TarOf(members));
        var refused = await Assert.ThrowsAsync<TransferRefusedException>(() => observer.CloseWriteAsync().AsTask());
        await observer.DisposeAsync();

        Assert.Contains(folder["target/result"], refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["target"]));
        Assert.False(File.Exists(folder["out"]));
    }

    [Fact]
    public async Task An_absolute_name_lands_below_the_folder()
    {
        using var folder = new ScratchFolder();
        await using var logs = new LogStore(folder["logs"], TimeProvider.System);
        var log = new JobLog(logs, JobId.Create(TimeProvider.System.GetUtcNow()), 1, TimeProvider.System);
        await using var observer = new DirectoryUploadObserver(log, folder["target/result"], 1 << 20);

        await observer.WriteAsync(TarOf(["file /etc/quern-test"]));
        await observer.CloseWriteAsync();

        Assert.True(File.Exists(folder["target/result/etc/quern-test"]));
        Assert.False(File.Exists("/etc/quern-test"));
    }

    private static byte[] TarOf(string[] members)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (string member in members)
            {
                string[] words = member.Split(' ');
                tar.WriteEntry(words[0] switch
                {
                    "file" => new UstarTarEntry(TarEntryType.RegularFile, words[1]) { DataStream = new MemoryStream("x"u8.ToArray()) },
                    "dir" => new UstarTarEntry(TarEntryType.Directory, words[1]),
                    "link" => new UstarTarEntry(TarEntryType.SymbolicLink, words[1]) { LinkName = words[2] },
                    "hard" => new UstarTarEntry(TarEntryType.HardLink, words[1]) { LinkName = words[2] },
                    _ => new UstarTarEntry(TarEntryType.Fifo, words[1]),
                });
            }
        }
        return bytes.ToArray();
    }
}
