using System.Text;
using Quern.Model;
using Xunit;

namespace Quern.Storage.Tests.Logs;

public sealed class LogStoreTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);
    private static readonly JobId Job = JobId.Create(At);
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Lines_come_back_with_number_time_stream_and_text()
    {
        await using var store = Store();
        var writer = store.Open(Job, 1, "");
        await writer.AppendAsync(OutputStream.Stdout, "one\ntwo\n"u8.ToArray(), At);
        await writer.AppendAsync(OutputStream.Stderr, "thr\u00E9e"u8.ToArray(), At.AddSeconds(2));

        var facts = await writer.CompleteAsync();

        var page = await ReadAsync(store, 1, 10);
        Assert.Equal(new JobLogFacts(3, 15), facts);
        Assert.Equal(
            [
                new LogLine(1, At, OutputStream.Stdout, "one"),
                new LogLine(2, At, OutputStream.Stdout, "two"),
                new LogLine(3, At.AddSeconds(2), OutputStream.Stderr, "thr\u00E9e"),
            ],
            page.Lines);
        Assert.True(page.Complete);
        Assert.Equal((1, 3), (page.FirstLine, page.TotalLines));
    }

    [Fact]
    public async Task Short_log_is_one_file_and_a_long_one_is_one_compressed_file()
    {
        await using var store = Store(new LogStoreOptions { FrameBytes = 4096, SmallLogBytes = 1024 });
        var small = store.Open(Job, 1, "");
        await small.AppendAsync(OutputStream.Stdout, "true\n"u8.ToArray(), At);
        await small.CompleteAsync();
        var large = store.Open(Job, 2, "");
        for (int i = 0; i < 1000; i++) await large.AppendAsync(OutputStream.Stdout, Line(i), At);
        await large.CompleteAsync();

        var files = Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order();

        Assert.Equal(["1.tail", "2.qlog"], files);
    }

    [Fact]
    public async Task Any_line_of_a_log_of_many_frames_is_found_and_pages_join_up()
    {
        await using var store = Store(new LogStoreOptions { FrameBytes = 4096 });
        await using var writer = store.Open(Job, 1, "");
        for (int i = 1; i <= 5000; i++) await writer.AppendAsync(OutputStream.Stdout, Line(i), At.AddSeconds(i));

        foreach (long line in (long[])[1, 2, 63, 64, 2499, 4999, 5000])
        {
            var page = await ReadAsync(store, line, 3);
            Assert.Equal(Text(line), page.Lines[0].Text);
            Assert.Equal(At.AddSeconds(line), page.Lines[0].Time);
            Assert.Equal(Math.Min(3, 5001 - line), page.Lines.Length);
            Assert.Equal(5000, page.TotalLines);
            Assert.False(page.Complete);
        }
        var behind = await ReadAsync(store, 5001, 3);
        Assert.Empty(behind.Lines);
        Assert.Equal(5001, behind.NextLine);
    }

    [Fact]
    public async Task Text_is_copied_byte_for_byte_also_where_it_is_not_UTF8()
    {
        byte[] odd = [.. "a\n\n"u8, 0xFF, 0xFE, 0x00, (byte)'\n', (byte)'\r', (byte)'\n'];
        await using var store = Store();
        var writer = store.Open(Job, 1, "");
        await writer.AppendAsync(OutputStream.Stdout, odd, At);
        await writer.CompleteAsync();

        using var reader = await store.OpenReaderAsync(Job, 1, "", Cancellation);
        using var copy = new MemoryStream();
        await reader!.CopyTextAsync(copy, Cancellation);

        Assert.Equal(odd, copy.ToArray());
        Assert.Equal(["a", "", "\uFFFD\uFFFD\0", "\r"], (await reader.ReadAsync(1, 9, Cancellation)).Lines.Select(l => l.Text));
    }

    [Fact]
    public async Task Line_above_the_record_size_goes_on_as_further_lines_and_copies_back_whole()
    {
        var line = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i},")) + "\n");
        await using var store = Store();
        var writer = store.Open(Job, 1, "");
        await writer.AppendAsync(OutputStream.Stdout, line, At);
        var facts = await writer.CompleteAsync();

        using var reader = await store.OpenReaderAsync(Job, 1, "", Cancellation);
        using var copy = new MemoryStream();
        await reader!.CopyTextAsync(copy, Cancellation);

        Assert.Equal(line, copy.ToArray());
        Assert.Equal((line.Length / (LogRecord.MaxText - 1)) + 1, facts.Lines);
    }

    [Fact]
    public async Task What_is_over_the_limit_is_dropped_at_a_line_and_counted_in_a_mark()
    {
        await using var store = Store(new LogStoreOptions { MaxLogBytes = 20 });
        var writer = store.Open(Job, 1, "");
        await writer.AppendAsync(OutputStream.Stdout, "12345678\n12345678\n12345678\n"u8.ToArray(), At);
        await writer.AppendAsync(OutputStream.Stdout, "x\n"u8.ToArray(), At);
        await writer.CompleteAsync();

        var page = await ReadAsync(store, 1, 10);

        Assert.Equal(
            ["12345678", "12345678", "[quern: 11 bytes not kept: the log is over its limit of 20 bytes]"],
            page.Lines.Select(l => l.Text));
        Assert.Equal(OutputStream.Header, page.Lines[2].Stream);
    }

    [Fact]
    public async Task Follower_gets_each_line_when_it_comes_and_ends_with_the_log()
    {
        await using var store = Store();
        var writer = store.Open(Job, 1, "");
        using var reader = await store.OpenReaderAsync(Job, 1, "", Cancellation);
        var texts = new List<string>();

        await using var pages = reader!.FollowAsync(1, Cancellation).GetAsyncEnumerator(Cancellation);
        for (int i = 0; i < 20; i++)
        {
            var next = pages.MoveNextAsync(); // armed before the line is written
            await writer.AppendAsync(OutputStream.Stdout, Line(i), At);
            Assert.True(await next);
            texts.AddRange(pages.Current.Lines.Select(l => l.Text));
        }
        var last = pages.MoveNextAsync();
        await writer.CompleteAsync();

        Assert.False(await last);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => Text(i)), texts);
    }

    [Fact]
    public async Task Followers_of_a_log_that_rotates_under_them_see_each_line_once()
    {
        const int Total = 20_000;
        await using var store = Store(new LogStoreOptions { FrameBytes = 8192 });
        var writer = store.Open(Job, 1, "");
        var followers = Enumerable.Range(0, 3).Select(_ => FollowAllAsync(store)).ToList();

        for (int i = 1; i <= Total; i++) await writer.AppendAsync(OutputStream.Stdout, Line(i), At);
        await writer.CompleteAsync();

        foreach (var numbers in await Task.WhenAll(followers))
            Assert.Equal(Enumerable.Range(1, Total).Select(i => (long)i), numbers);
    }

    [Theory]
    [InlineData("config.log")]
    [InlineData("../../../etc/passwd")]
    [InlineData("..")]
    [InlineData("a/b\\c\0d\n%41é\U0001F600")]
    [InlineData("x.tail")]
    [InlineData("-")]
    public async Task Hostile_log_names_stay_in_the_job_folder_and_are_listed_as_they_were(string name)
    {
        await using var store = Store();
        var writer = store.Open(Job, 3, name);
        await writer.AppendAsync(OutputStream.Stdout, "hidden\n"u8.ToArray(), At);
        await writer.CompleteAsync();

        string file = Assert.Single(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));

        Assert.Equal(LogPath.FolderOf(_folder.Path, Job), Path.GetDirectoryName(file));
        Assert.Equal(new StoredLog(3, name), Assert.Single(store.ListLogs(Job)));
        Assert.Equal("hidden", (await ReadAsync(store, 1, 1, attempt: 3, name)).Lines[0].Text);
    }

    [Theory]
    [InlineData(5000, 'a')]
    [InlineData(300, '\uD800')]
    public async Task Name_too_long_or_broken_for_a_file_gets_a_short_one_that_opens_it_too(int length, char letter)
    {
        string name = new(letter, length);
        await using var store = Store();
        var writer = store.Open(Job, 1, name);
        await writer.AppendAsync(OutputStream.Stdout, "kept\n"u8.ToArray(), At);
        await writer.CompleteAsync();

        var listed = Assert.Single(store.ListLogs(Job));

        Assert.Equal("kept", (await ReadAsync(store, 1, 1, 1, name)).Lines[0].Text);
        Assert.Equal("kept", (await ReadAsync(store, 1, 1, 1, listed.Name)).Lines[0].Text);
    }

    [Fact]
    public async Task Empty_log_is_complete_once_closed_and_an_unknown_one_is_null()
    {
        await using var store = Store();
        Assert.Null(await store.OpenReaderAsync(Job, 1, "", Cancellation));

        await store.Open(Job, 1, "").CompleteAsync();

        var page = await ReadAsync(store, 1, 10);
        Assert.Empty(page.Lines);
        Assert.Equal((0, true), (page.TotalLines, page.Complete));
    }

    [Fact]
    public async Task Log_open_for_writing_is_refused_a_second_writer_and_deletion()
    {
        await using var store = Store();
        var writer = store.Open(Job, 1, "");
        await writer.AppendAsync(OutputStream.Stdout, "x\n"u8.ToArray(), At);

        Assert.Throws<InvalidOperationException>(() => store.Open(Job, 1, ""));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.DeleteAsync(Job, Cancellation));
        await writer.CompleteAsync();
        await store.DeleteAsync(Job, Cancellation);

        Assert.Empty(store.ListLogs(Job));
        Assert.Null(await store.OpenReaderAsync(Job, 1, "", Cancellation));
    }

    [Fact]
    public async Task Changed_logs_are_synced_when_a_second_has_passed()
    {
        await using var store = Store();
        await using var writer = store.Open(Job, 1, "");
        await writer.AppendAsync(OutputStream.Stdout, "x\n"u8.ToArray(), At);
        var synced = new TaskCompletionSource();
        store.Synced += synced.SetResult;
        Assert.True(writer.Dirty);

        _time.Advance(TimeSpan.FromSeconds(1));
        await synced.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.False(writer.Dirty);
    }

    [Fact]
    public void Missing_compression_library_is_named_with_what_to_install()
    {
        var error = Assert.Throws<ZstdException>(() => Zstd.EnsureAvailable("libquern-absent.so.9"));

        Assert.Contains("libquern-absent.so.9", error.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install libzstd1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zstd_refuses_a_target_that_is_too_short_both_ways()
    {
        var source = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 500)));
        var packed = new byte[Zstd.CompressBound(source.Length)];
        int length = Zstd.Compress(source, packed);
        var back = new byte[source.Length];

        Assert.Equal(source.Length, Zstd.Decompress(packed.AsSpan(0, length), back));
        Assert.Equal(source, back);
        Assert.Throws<ZstdException>(() => Zstd.Compress(source, new byte[8]));
        Assert.Throws<ZstdException>(() => Zstd.Decompress(packed.AsSpan(0, length), new byte[source.Length - 1]));
    }

    private static string Text(long number) => $"line {number} of the log";

    private static byte[] Line(long number) => Encoding.ASCII.GetBytes(Text(number) + "\n");

    private LogStore Store(LogStoreOptions? options = null) => new(_folder.Path, _time, options);

    private static async Task<LogPage> ReadAsync(LogStore store, long first, int count, int attempt = 1, string name = "")
    {
        using var reader = await store.OpenReaderAsync(Job, attempt, name, Cancellation);
        return await reader!.ReadAsync(first, count, Cancellation);
    }

    private static async Task<List<long>> FollowAllAsync(LogStore store)
    {
        using var reader = await store.OpenReaderAsync(Job, 1, "", Cancellation);
        var numbers = new List<long>();
        await foreach (var page in reader!.FollowAsync(1, Cancellation)) numbers.AddRange(page.Lines.Select(l => l.Number));
        return numbers;
    }
}
