using System.IO.Pipelines;

namespace Quern.Peers.Tests.Admin;

/// <summary>Two streams in memory: what is written into one is read from the other.</summary>
internal sealed class DuplexPair(Stream reads, Stream writes) : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public static (Stream A, Stream B) Create()
    {
        // A peer that does not read is felt after 64 KiB, as over a socket.
        var options = new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false);
        Pipe there = new(options), back = new(options);
        return (new DuplexPair(back.Reader.AsStream(), there.Writer.AsStream()), new DuplexPair(there.Reader.AsStream(), back.Writer.AsStream()));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => reads.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => reads.ReadAsync(buffer, offset, count, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => writes.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => writes.WriteAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => writes.FlushAsync(cancellationToken);

    public override void Flush() => writes.Flush();

    public override int Read(byte[] buffer, int offset, int count) => reads.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => writes.Write(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            writes.Dispose();
            reads.Dispose();
        }
        base.Dispose(disposing);
    }
}
