using System.Net.WebSockets;
using System.Threading.Channels;
using Xunit;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>A socket whose reader gets one piece at a time; the test knows when it has done with a piece, since it then asks for the next.</summary>
internal sealed class SteppedSocket : WebSocket
{
    private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();   // one at a time
    private readonly SemaphoreSlim _asked = new(0);

    public override WebSocketCloseStatus? CloseStatus => null;
    public override string? CloseStatusDescription => null;
    public override WebSocketState State => WebSocketState.Open;
    public override string? SubProtocol => null;

    /// <summary>Waits until the reader has done with everything that was given before.</summary>
    public async Task AskedAsync() => Assert.True(await _asked.WaitAsync(TestGate.Patience));

    /// <summary>Gives a piece of a message that goes on, and waits until it was taken.</summary>
    public async Task GiveAsync(byte[] piece)
    {
        await _pieces.Writer.WriteAsync(piece);
        await AskedAsync();
    }

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _asked.Release();
        byte[] piece = await _pieces.Reader.ReadAsync(cancellationToken);
        piece.CopyTo(buffer);
        return new ValueWebSocketReceiveResult(piece.Length, WebSocketMessageType.Binary, endOfMessage: false);
    }

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();
    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => Task.CompletedTask;
    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;
    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;
    public override void Abort() => _pieces.Writer.TryComplete(new IOException("aborted"));
    public override void Dispose() => Abort();
}
