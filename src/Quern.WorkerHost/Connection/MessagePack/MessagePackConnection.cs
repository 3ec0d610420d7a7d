using System.Buffers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Threading.Channels;
using Quern.Execution;
using Quern.Protocols;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>
/// One connection to a master: requests out, each with its answer; the master's requests in. One loop writes, one reads.
/// The first reason that ends it is kept; everything unanswered then fails with an <see cref="IOException"/>.
/// </summary>
internal sealed class MessagePackConnection : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);   // real masters give up then too

    private readonly WebSocket _socket;
    private readonly MsgPackCodec _codec;
    private readonly Lock _lock = new();
    private readonly PendingRequests<TaskCompletionSource<WireValue>> _pending = new();   // guarded by the lock
    private string? _closed;   // guarded by the lock; why, once it is over

    // Bounded by what commands may have unanswered, and by one answer for each request of the master.
    private readonly Channel<BuildbotMessage> _outbox = Channel.CreateUnbounded<BuildbotMessage>(new() { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();

    private MessagePackConnection(WebSocket socket, BuildbotRevision revision, bool renewalAsked)
    {
        _socket = socket;
        RenewalAsked = renewalAsked;
        _codec = new MsgPackCodec(MsgPackCodecOptions.ForWorker with { Revision = revision });
    }

    /// <summary>The master is Quern and wants this worker to renew its certificate.</summary>
    public bool RenewalAsked { get; }

    /// <summary>Connects and shakes hands; that is also the login, except in revision v1.</summary>
    /// <param name="options">What the worker is told.</param>
    /// <param name="master">The one of its masters to connect to.</param>
    /// <param name="password">For the login.</param>
    /// <param name="dialer">Makes the stream.</param>
    /// <param name="time">For the patience with the handshake.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">No connection, or the master refused it; the message says which in plain words.</exception>
    public static async Task<MessagePackConnection> ConnectAsync(
        WorkerOptions options, MasterAddress master, string password, MasterDialer dialer, TimeProvider time, CancellationToken cancellationToken)
    {
        var stream = await dialer.ConnectAsync(master.Endpoint, cancellationToken);
        try
        {
            using var handshakeTimeout = new CancellationTokenSource(HandshakeTimeout, time);
            using var until = CancellationTokenSource.CreateLinkedTokenSource(handshakeTimeout.Token, cancellationToken);
            return await ShakeHandsAsync(stream, options, master, password, until.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            await stream.DisposeAsync();
            throw new IOException($"{master.Endpoint} did not answer in time", e);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a request; the task is the master's answer.</summary>
    /// <param name="create">Makes the message of its sequence number.</param>
    /// <exception cref="MasterRefusedException">The answer is an exception.</exception>
    /// <exception cref="IOException">The link is or was broken.</exception>
    public Task<WireValue> RequestAsync(Func<long, BuildbotMessage> create)
    {
        var answer = new TaskCompletionSource<WireValue>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_closed is not null) return Task.FromException<WireValue>(new IOException(_closed));
            _outbox.Writer.TryWrite(create(_pending.Add(answer)));   // under the lock: numbers go out in order
        }
        return answer.Task;
    }

    public void Respond(BuildbotMessage.Response response) => _outbox.Writer.TryWrite(response);

    /// <summary>Reads until the end; each request of the master is handed over in order.</summary>
    /// <returns>Why the link ended, in plain words: the first reason.</returns>
    public async Task<string> RunAsync(Action<BuildbotMessage> handle, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellationToken);
        var writing = WriteAsync(stop.Token);
        string reason;
        try
        {
            reason = await ReadAsync(handle, stop.Token);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            reason = cancellationToken.IsCancellationRequested ? "the worker was stopped" : $"the connection broke: {e.Message}";
        }
        reason = Break(reason);
        await writing;
        return reason;
    }

    /// <summary>Ends the connection; nothing to do when it is over.</summary>
    /// <param name="reason">Why, in plain words.</param>
    public void Close(string reason) => Break(reason);

    public async ValueTask DisposeAsync()
    {
        Break("closed");
        await _stop.CancelAsync();
        _socket.Dispose();
        _stop.Dispose();
    }

    /// <returns>The reason that was first.</returns>
    private string Break(string reason)
    {
        IReadOnlyList<TaskCompletionSource<WireValue>> unanswered;
        lock (_lock)
        {
            reason = _closed ??= reason;
            unanswered = _pending.TakeAll();
        }
        foreach (var request in unanswered) request.TrySetException(new IOException(reason));
        _outbox.Writer.TryComplete();
        _stop.Cancel();
        return reason;
    }

    private static async Task<MessagePackConnection> ShakeHandsAsync(
        Stream stream, WorkerOptions options, MasterAddress master, string password, CancellationToken cancellationToken)
    {
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)), agent = $"quern-worker/{WorkerFacts.Version}";
        var revision = master.Protocol == MasterProtocol.MessagePackV1 ? BuildbotRevision.V1 : BuildbotRevision.V7;
        await stream.WriteAsync(
            revision == BuildbotRevision.V1
                ? ClientHandshake.CreateRequestWithoutLogin(master.Authority, master.Path, agent, key)
                : ClientHandshake.CreateRequest(master.Authority, master.Path, agent, options.Name.Value, password, key),
            cancellationToken);
        byte[] answer = new byte[ClientHandshake.MaxAnswerBytes];
        int received = 0;
        while (true)
        {
            int read = await stream.ReadAsync(answer.AsMemory(received), cancellationToken);
            if (read == 0) throw new IOException("the master closed the connection during the handshake");
            received += read;
            if (ClientHandshake.TryRead(answer.AsSpan(0, received), key, out int consumed, out var result) == DecodeStatus.NeedMore)
                continue;
            if (result is ClientHandshakeResult.Refused refused) throw new IOException(refused.Reason);
            var rest = new ReplayStream(answer.AsMemory(consumed, received - consumed), stream);
            return new MessagePackConnection(WebSocket.CreateFromStream(
                rest, new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero }), revision,
                result is ClientHandshakeResult.Accepted { RenewalAsked: true });
        }
    }

    private async Task<string> ReadAsync(Action<BuildbotMessage> handle, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            int length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                if (length == buffer.Length)
                {
                    if (length >= MsgPackLimits.Default.MaxBytes) return "the master sent a message that is too long";
                    Array.Resize(ref buffer, Math.Min(length * 2, MsgPackLimits.Default.MaxBytes));
                }
                part = await _socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                    return "the master closed the connection";
                }
                length += part.Count;
            }
            while (!part.EndOfMessage);

            if (part.MessageType == WebSocketMessageType.Text) continue;   // real peers pass over text too
            if (_codec.Decode(buffer.AsMemory(0, length), out var message) != DecodeStatus.Success || message is null)
                return "the master sent something that is no message";
            if (message is not BuildbotMessage.Response response) handle(message);
            else if (!Answer(response)) return "the master answered a request that was not made";
        }
    }

    private bool Answer(BuildbotMessage.Response response)
    {
        TaskCompletionSource<WireValue>? request;
        lock (_lock)
        {
            if (!_pending.TryTake(response.SequenceNumber, out request)) return false;
        }
        if (response.IsException)
            request.TrySetException(new MasterRefusedException(response.Result is WireValue.Text text ? text.Value : "refused"));
        else
            // A block is a slice of the read buffer, which the next message overwrites.
            request.TrySetResult(response.Result is WireValue.Binary binary ? new WireValue.Binary(binary.Value.ToArray()) : response.Result);
        return true;
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        try
        {
            await foreach (var message in _outbox.Reader.ReadAllAsync(cancellationToken))
            {
                buffer.ResetWrittenCount();
                _codec.Encode(message, buffer);
                await _socket.SendAsync(buffer.WrittenMemory, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader knows why.
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            // After a stop the socket is gone under whatever was being sent; the reader knows why.
            if (!cancellationToken.IsCancellationRequested) Break($"the connection broke: {e.Message}");
        }
    }
}
