using System.Buffers;
using System.Threading.Channels;
using Google.Protobuf;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <content>What is sent to the peer.</content>
internal sealed partial class AdminConnection
{
    /// <summary>Bytes that are gathered before they are written.</summary>
    private const int Batch = 64 * 1024;

    /// <summary>For the last words, once it is over.</summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(5);

    private static readonly AdminCodec s_writer = new();

    private ValueTask SendAsync(AdminMessage request, AdminAnswer answer) =>
        Written(request, answer) is { } message ? SendAsync(message) : ValueTask.CompletedTask;

    private async ValueTask SendAsync(AdminMessage message)
    {
        try
        {
            await _outgoing.Writer.WriteAsync(message, _stop.Token);
        }
        catch (ChannelClosedException)
        {
            // It is over.
        }
    }

    /// <summary>An answer as this peer understands it; null when it expects none.</summary>
    private AdminMessage? Written(AdminMessage request, AdminAnswer answer)
    {
        var peer = _peer!;
        // Who wrote neither is told neither.
        int to = request.From == 0 ? 0 : peer.Sid, from = request.To == 0 ? 0 : room.ServerSid;
        if (request.Set == NameSet.Outcomes) return Outcomes.Of(request, answer) is { } old ? old with { To = to, From = from } : null;
        switch (answer)
        {
            case AdminAnswer.Message message:
                return AdminMessage.Of(message.Value, request.Id, request.Set, to, from);
            case AdminAnswer.Result result:
                var type = request.Type!.Answer!;
                int code = peer.Results ? result.Code : InheritedResults.Of(type, result.Code);
                return AdminMessage.Of(type, code, request.Id, request.Set, to, from, peer.Tails ? result.Tail : null);
            default:
                return null;
        }
    }

    private async Task WriteAsync()
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        try
        {
            while (await _outgoing.Reader.WaitToReadAsync())
            {
                while (bytes.WrittenCount < Batch && _outgoing.Reader.TryRead(out var message)) s_writer.Encode(message, bytes);
                using var slow = new CancellationTokenSource(_options.SendDeadline, _time);
                await using var hurry = _stop.Token.Register(() => slow.CancelAfter(s_farewell));
                await stream.WriteAsync(bytes.WrittenMemory, slow.Token);
                await stream.FlushAsync(slow.Token);
                // A picture or a piece of a program is no reason to hold its memory for the rest of the connection.
                if (bytes.Capacity > 2 * Batch) bytes = new ArrayBufferWriter<byte>(1024);
                else bytes.ResetWrittenCount();
            }
        }
        catch (OperationCanceledException)
        {
            Break($"it did not take what it was sent within {_options.SendDeadline.TotalSeconds:0} s");
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            Break("the connection broke: " + error.Message);
        }
        finally
        {
            _outgoing.Writer.TryComplete();
            while (_outgoing.Reader.TryRead(out _)) { }
        }
    }
}
