using System.Text;
using Quern.Model;
using Xunit;

namespace Quern.Storage.Tests.Logs;

/// <summary>Runs alone: it looks at what the whole process allocates.</summary>
[CollectionDefinition("Memory", DisableParallelization = true)]
[Collection("Memory")]
public sealed class LogMemoryTests
{
    private static readonly DateTimeOffset At = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Memory_stays_flat_while_300_MB_are_written_and_read() => WriteAndReadAsync(300);

    [Fact(Explicit = true)]
    [Trait("Run", "nightly")]
    public Task Memory_stays_flat_while_3_GB_are_written_and_read() => WriteAndReadAsync(3000);

    private static async Task WriteAndReadAsync(int megabytes)
    {
        using var folder = new TemporaryFolder();
        var chunk = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 800).Select(i => $"cc -O2 -c file{i % 40:D4}.c".PadRight(79, 'x') + "\n")));
        int chunks = (int)(megabytes * 1_000_000L / chunk.Length);
        long lines = chunks * 800L;
        await using var store = new LogStore(folder.Path, TimeProvider.System);
        var job = JobId.Create(At);
        var writer = store.Open(job, 1, "");
        long held = GC.GetTotalMemory(forceFullCollection: true);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);

        for (int i = 0; i < chunks; i++) await writer.AppendAsync(OutputStream.Stdout, chunk, At);
        var facts = await writer.CompleteAsync();

        Assert.Equal(new JobLogFacts(lines, (long)chunks * chunk.Length), facts);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - allocated, 0, 16 << 20);
        using var reader = await store.OpenReaderAsync(job, 1, "", Cancellation);
        for (long line = 1; line <= lines; line += lines / 50)
            Assert.Equal(line, (await reader!.ReadAsync(line, 5, Cancellation)).Lines[0].Number);
        using var counter = new CountingStream();
        await reader!.CopyTextAsync(counter, Cancellation);
        Assert.Equal(facts.Bytes, counter.Position);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - allocated, 0, 32 << 20);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - held, long.MinValue, 16 << 20);
    }

    private sealed class CountingStream : Stream
    {
        private long _length;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => _length;
        public override long Position { get => _length; set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => _length += count;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _length += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }
}
