using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>
/// A worker's connection behind a <see cref="ClientFrameWalker"/>: what is wrong with its frames ends the connection at once. The
/// framework's own WebSocket takes frames that are not masked, which a server must not (RFC 6455 section 5.1).
/// </summary>
internal sealed class GuardedStream(Stream peer) : Stream
{
    private readonly ClientFrameWalker _walker = new();

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="IOException">The peer broke the protocol; the message says how.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowOnProblem();
        int read = await peer.ReadAsync(buffer, cancellationToken);
        int good = _walker.Walk(buffer.Span[..read]);

        // What came before the wrong frame is still taken; the next read tells.
        if (good == 0) ThrowOnProblem();
        return good;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => peer.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        peer.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        peer.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Flush() => peer.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => peer.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void ThrowOnProblem()
    {
        if (_walker.Problem is { } problem) throw new IOException($"the peer sent {problem}");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) peer.Dispose();
        base.Dispose(disposing);
    }
}
