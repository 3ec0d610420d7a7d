using System.Text;
using Quern.Model;
using Xunit;

namespace Quern.Storage.Tests.Logs;

/// <summary>What a crash can leave: each case is made by hand from the files of a writer that was not closed.</summary>
public sealed class LogResumeTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);
    private static readonly JobId Job = JobId.Create(At);
    private static readonly LogStoreOptions Options = new() { FrameBytes = 4096, SmallLogBytes = 512 };
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LogPath Files => LogPath.Of(_folder.Path, Job, 1, "");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Torn_last_record_is_cut_and_marked_and_the_log_goes_on()
    {
        await WriteAsync(1, 10);
        await using (var tail = File.Open(Files.Tail, FileMode.Append)) await tail.WriteAsync(new byte[33], Cancellation);

        await WriteAsync(11, 12, complete: true);

        var page = await ReadAllAsync();
        Assert.Equal(
            [.. Texts(1, 10), "[quern: 33 bytes cut: the log's writer ended in the middle of a line]", .. Texts(11, 12)],
            page.Lines.Select(l => l.Text));
        Assert.True(page.Complete);
    }

    [Fact]
    public async Task Damaged_record_is_never_shown()
    {
        await WriteAsync(1, 10);
        var bytes = await File.ReadAllBytesAsync(Files.Tail, Cancellation);
        bytes[^2] ^= 1;
        await File.WriteAllBytesAsync(Files.Tail, bytes, Cancellation);

        Assert.Equal(Texts(1, 9), (await ReadAllAsync()).Lines.Select(l => l.Text));
    }

    [Fact]
    public async Task Tail_left_behind_its_own_frame_doubles_nothing()
    {
        await WriteAsync(1, 60);
        var tail = await File.ReadAllBytesAsync(Files.Tail, Cancellation);
        await WriteAsync(61, 300, complete: true);
        Assert.False(File.Exists(Files.Tail));

        await File.WriteAllBytesAsync(Files.Full, tail, Cancellation);
        Assert.Equal(Texts(1, 300), (await ReadAllAsync()).Lines.Select(l => l.Text));
        await WriteAsync(301, 600, complete: true);

        Assert.Equal(Texts(1, 600), (await ReadAllAsync()).Lines.Select(l => l.Text));
        Assert.False(File.Exists(Files.Full));
    }

    [Fact]
    public async Task Crash_between_renaming_the_tail_and_packing_it_loses_nothing()
    {
        await WriteAsync(1, 60);
        File.Move(Files.Tail, Files.Full);

        Assert.Equal(Texts(1, 60), (await ReadAllAsync()).Lines.Select(l => l.Text));
        await WriteAsync(61, 70);
        Assert.Equal(Texts(1, 70), (await ReadAllAsync()).Lines.Select(l => l.Text));
        await WriteAsync(71, 600, complete: true);

        Assert.Equal(Texts(1, 600), (await ReadAllAsync()).Lines.Select(l => l.Text));
    }

    [Fact]
    public async Task Torn_frame_is_made_again_from_the_tail_it_came_from()
    {
        await WriteAsync(1, 60);
        File.Copy(Files.Tail, _folder["kept"]);
        await WriteAsync(61, 61, complete: true);
        var frame = await File.ReadAllBytesAsync(Files.Frames, Cancellation);

        foreach (int length in (int[])[0, 1, FrameHeader.Size - 1, FrameHeader.Size, FrameHeader.Size + 1, frame.Length - 1])
        {
            await File.WriteAllBytesAsync(Files.Frames, frame[..length], Cancellation);
            File.Copy(_folder["kept"], Files.Full, overwrite: true);
            await WriteAsync(61, 300, complete: true);

            Assert.Equal(Texts(1, 300), (await ReadAllAsync()).Lines.Select(l => l.Text));
        }
    }

    [Fact]
    public async Task Damaged_frame_is_reported_and_the_others_stay_readable()
    {
        await WriteAsync(1, 1000, complete: true);
        var bytes = await File.ReadAllBytesAsync(Files.Frames, Cancellation);
        bytes[FrameHeader.Size + 20] ^= 1;
        await File.WriteAllBytesAsync(Files.Frames, bytes, Cancellation);
        await using var store = new LogStore(_folder.Path, new ManualTime(), Options);
        using var reader = await store.OpenReaderAsync(Job, 1, "", Cancellation);

        await Assert.ThrowsAsync<InvalidDataException>(() => reader!.ReadAsync(1, 1, Cancellation));
        Assert.Equal("number 1000", (await reader!.ReadAsync(1000, 1, Cancellation)).Lines[0].Text);
    }

    [Fact]
    public async Task Log_whose_writer_is_gone_is_incomplete_and_following_it_ends()
    {
        await WriteAsync(1, 3);
        await using var store = new LogStore(_folder.Path, new ManualTime(), Options);
        using var reader = await store.OpenReaderAsync(Job, 1, "", Cancellation);
        var pages = new List<LogPage>();

        await foreach (var page in reader!.FollowAsync(2, Cancellation)) pages.Add(page);

        Assert.Equal([2L, 3L], Assert.Single(pages).Lines.Select(l => l.Number));
        Assert.False(pages[0].Complete);
    }

    private static IEnumerable<string> Texts(int first, int last) => Enumerable.Range(first, last - first + 1).Select(i => $"number {i}");

    private async Task WriteAsync(int first, int last, bool complete = false)
    {
        await using var store = new LogStore(_folder.Path, new ManualTime(), Options);
        await using var writer = store.Open(Job, 1, "");
        foreach (string text in Texts(first, last))
            await writer.AppendAsync(OutputStream.Stdout, Encoding.ASCII.GetBytes(text + "\n"), At);
        if (complete) await writer.CompleteAsync();
    }

    private async Task<LogPage> ReadAllAsync()
    {
        await using var store = new LogStore(_folder.Path, new ManualTime(), Options);
        using var reader = await store.OpenReaderAsync(Job, 1, "", Cancellation);
        return await reader!.ReadAsync(1, 100_000, Cancellation);
    }
}
