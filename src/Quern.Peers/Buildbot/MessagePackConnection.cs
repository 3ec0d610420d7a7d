using System.Globalization;
using System.Net.WebSockets;
using System.Threading.Channels;
using Quern.Protocols;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>
/// One open WebSocket of a worker: one reader, one writer, and the requests that wait for an answer. Everything that goes
/// wrong ends in <see cref="Close"/>, which keeps the first reason.
/// </summary>
internal sealed class MessagePackConnection : IAsyncDisposable
{
    private const int MaxWaitingToSend = 256;
    private const int FirstRead = 512;
    private const int FirstBuffer = 4096;
    private const int MaxEmptyFragments = 1000;

    /// <summary>Bytes of a message that make a sign of life: a worker that drips one now and then is as good as silent.</summary>
    private const int SignOfLife = 1024;

    public const string NotAttached = "Worker not authenticated.";
    private static readonly TimeSpan CloseDeadline = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly PendingRequests<TaskCompletionSource<BuildbotMessage.Response?>> _pending = new();
    private readonly Channel<PooledBuffer> _outbox = Channel.CreateBounded<PooledBuffer>(
        new BoundedChannelOptions(MaxWaitingToSend) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly byte[] _firstBytes = new byte[FirstRead];

    private MsgPackCodec _codec = null!;
    private int _limit;
    private int _lastLength = FirstBuffer;
    private long _lastHeard;
    private bool _taking;
    private long _commandIds = -1;
    private Task _loops = Task.CompletedTask;

    public MessagePackConnection(
        WebSocket socket, TimeProvider time, int maxMessageBytes, Complaints complaints, BuildbotRevision revision = BuildbotRevision.V7)
    {
        Complaints = complaints;
        Revision = revision;
        _socket = socket;
        _time = time;
        _lastHeard = time.GetTimestamp();
        Limit(maxMessageBytes);
    }

    public BuildbotRevision Revision { get; }

    /// <summary>Takes what the worker does that it may not.</summary>
    public Complaints Complaints { get; }

    /// <summary>Completes with the first reason; never faults.</summary>
    public Task<string> Closed => _closed.Task;

    /// <summary>Null until the worker is attached; its requests are refused until then.</summary>
    public IWorkerRequestHandler? Handler { get; set; }

    /// <summary>Takes the first message; null where the login came before the first message, and after it.</summary>
    public AuthLogin? Login { get; set; }

    /// <summary>Since the worker's last message, or the last good piece of one; none while the master itself is slow to take a message.</summary>
    public TimeSpan Silence =>
        Volatile.Read(ref _taking) ? TimeSpan.Zero : _time.GetElapsedTime(Interlocked.Read(ref _lastHeard));

    /// <summary>Sets what a message may cost from the next one on.</summary>
    public void Limit(int maxMessageBytes)
    {
        _limit = maxMessageBytes;
        _codec = new MsgPackCodec(MsgPackCodecOptions.ForMaster with
        {
            Limits = new MsgPackLimits(maxMessageBytes),
            Revision = Revision,
        });
    }

    /// <summary>Begins to read and write.</summary>
    public void Start() => _loops = Task.WhenAll(ReadLoopAsync(), WriteLoopAsync());

    public string NextCommandId() => Interlocked.Increment(ref _commandIds).ToString(CultureInfo.InvariantCulture);

    /// <summary>Sends a request and waits for its response; null when the connection ended first.</summary>
    /// <param name="create">Makes the message with the number it is given.</param>
    public async Task<BuildbotMessage.Response?> RequestAsync(Func<long, BuildbotMessage> create)
    {
        var answer = new TaskCompletionSource<BuildbotMessage.Response?>(TaskCreationOptions.RunContinuationsAsynchronously);
        long number;
        lock (_gate)
        {
            if (_closed.Task.IsCompleted) return null;
            number = _pending.Add(answer);
        }

        await SendAsync(create(number));
        return await answer.Task;
    }

    public ValueTask RespondAsync(long number, WireValue result) =>
        SendAsync(new BuildbotMessage.Response(number, result, IsException: false));

    public ValueTask RefuseAsync(long number, string error) =>
        SendAsync(new BuildbotMessage.Response(number, error, IsException: true));

    /// <summary>The one place that ends the connection; safe to call from anywhere and twice.</summary>
    public void Close(string reason)
    {
        IReadOnlyList<TaskCompletionSource<BuildbotMessage.Response?>> waiting;
        lock (_gate)
        {
            if (!_closed.TrySetResult(reason)) return;
            waiting = _pending.TakeAll();
        }

        foreach (TaskCompletionSource<BuildbotMessage.Response?> answer in waiting) answer.TrySetResult(null);
        _outbox.Writer.TryComplete();
        _stopping.CancelAfter(CloseDeadline);
    }

    public async ValueTask DisposeAsync()
    {
        Close("the master let go of the connection");
        await _loops;
        _socket.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Encodes at once, so that nothing of the message is looked at after this returns.</summary>
    private async ValueTask SendAsync(BuildbotMessage message)
    {
        var buffer = new PooledBuffer(message is BuildbotMessage.Response { Result: WireValue.Binary block }
            ? block.Value.Length + 128
            : 256);
        _codec.Encode(message, buffer);
        if (_outbox.Writer.TryWrite(buffer)) return;
        try
        {
            await _outbox.Writer.WriteAsync(buffer);
        }
        catch (ChannelClosedException)
        {
            buffer.Dispose();
        }
    }

    private async Task WriteLoopAsync()
    {
        try
        {
            await foreach (PooledBuffer buffer in _outbox.Reader.ReadAllAsync())
            {
                using (buffer)
                    await _socket.SendAsync(buffer.Written, WebSocketMessageType.Binary, endOfMessage: true, _stopping.Token);
            }

            // Without a code, as real masters close.
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync(WebSocketCloseStatus.Empty, null, _stopping.Token);
        }
        catch (Exception error) when (IsEnd(error))
        {
            Close("the connection broke: " + error.GetBaseException().Message);
        }

        _socket.Abort();
        while (_outbox.Reader.TryRead(out PooledBuffer? unsent)) unsent.Dispose();
    }

    private async Task ReadLoopAsync()
    {
        string reason;
        try
        {
            do reason = await ReadMessageAsync();
            while (reason.Length == 0);
        }
        catch (Exception error) when (IsEnd(error))
        {
            reason = "the connection broke: " + error.GetBaseException().Message;
        }
        catch (Exception error)
        {
            reason = "the master failed on a message: " + error.Message;
        }

        Close(reason);
    }

    /// <summary>Reads one message and sees to it; answers why the connection must end, or the empty text.</summary>
    private async ValueTask<string> ReadMessageAsync()
    {
        // An idle connection waits in its own few bytes; the pool is asked only when something has come.
        ValueWebSocketReceiveResult read = await _socket.ReceiveAsync(_firstBytes.AsMemory(), _stopping.Token);
        if (read.MessageType is WebSocketMessageType.Close) return "the worker closed the connection";
        if (_closed.Task.IsCompleted) return "closed";

        var buffer = new PooledBuffer(read.EndOfMessage ? read.Count : Math.Max(_lastLength, FirstBuffer));
        bool owned = true;
        try
        {
            _firstBytes.AsSpan(0, read.Count).CopyTo(buffer.GetSpan(read.Count));
            buffer.Advance(read.Count);
            int heardOf = 0;
            for (int empty = 0; !read.EndOfMessage; empty += read.Count == 0 ? 1 : 0)
            {
                if (empty > MaxEmptyFragments) return "the worker sent a message of endless empty fragments";
                if (buffer.Length >= _limit) return $"the worker sent a message beyond {_limit} bytes";
                Memory<byte> room = buffer.GetMemory();
                read = await _socket.ReceiveAsync(room[..Math.Min(room.Length, _limit - buffer.Length)], _stopping.Token);
                if (read.MessageType is WebSocketMessageType.Close) return "the worker closed the connection";
                buffer.Advance(read.Count);
                if (buffer.Length - heardOf < SignOfLife) continue;
                heardOf = buffer.Length;
                Heard();
            }

            Heard();
            _lastLength = Math.Min(buffer.Length + 1, 2 * 1024 * 1024);

            // Text messages are ignored without an answer, as at real masters.
            if (read.MessageType is WebSocketMessageType.Text) return "";
            switch (_codec.Decode(buffer.Written, out BuildbotMessage? message))
            {
                case DecodeStatus.Success:
                    owned = false;
                    Volatile.Write(ref _taking, true);
                    string problem = await TakeAsync(message!, buffer);
                    Heard();
                    Volatile.Write(ref _taking, false);
                    return problem;
                case DecodeStatus.TooLarge:
                    return "the worker sent a message whose values go beyond the limits";
                default:
                    return "the worker sent what is not a MessagePack message of this protocol";
            }
        }
        finally
        {
            if (owned) buffer.Dispose();
        }
    }

    private void Heard() => Interlocked.Exchange(ref _lastHeard, _time.GetTimestamp());

    private async ValueTask<string> TakeAsync(BuildbotMessage message, PooledBuffer buffer)
    {
        if (Login is { } login)
        {
            Login = null;
            using (buffer) return await login.TakeAsync(this, message, _stopping.Token);
        }

        string? commandId = CommandOf(message);
        if (commandId is not null && Handler is { } handler)
        {
            await handler.HandleAsync(new MessagePackRequest(this, message, buffer), commandId);
            return "";
        }

        using (buffer)
        {
            switch (message)
            {
                case BuildbotMessage.Response response:
                    TaskCompletionSource<BuildbotMessage.Response?>? answer;
                    lock (_gate)
                        if (!_pending.TryTake(response.SequenceNumber, out answer))
                            return $"the worker answered request {response.SequenceNumber}, which waits for no answer";
                    answer.TrySetResult(response);
                    return "";
                case BuildbotMessage.Ignored:
                    return "";
                case BuildbotMessage.Auth again:
                    Complaints.Note($"tried to log in again, as '{again.UserName}'");
                    await RefuseAsync(message.SequenceNumber, "The worker has logged in already.");
                    return "";
                case BuildbotMessage.Unanswerable wrong when Handler is not null:
                    Complaints.Note($"sent what cannot be served: {wrong.Error}");
                    await RefuseAsync(wrong.SequenceNumber, wrong.Error);
                    return "";
                default:
                    await RefuseAsync(message.SequenceNumber, NotAttached);
                    return "";
            }
        }
    }

    /// <summary>The command that a message is about; null for one that is about none.</summary>
    internal static string? CommandOf(BuildbotMessage message) => message switch
    {
        BuildbotMessage.Update update => update.CommandId,
        BuildbotMessage.Complete complete => complete.CommandId,
        BuildbotMessage.UploadFileWrite write => write.CommandId,
        BuildbotMessage.UploadFileClose close => close.CommandId,
        BuildbotMessage.UploadFileUtime utime => utime.CommandId,
        BuildbotMessage.UploadDirectoryWrite write => write.CommandId,
        BuildbotMessage.UploadDirectoryUnpack unpack => unpack.CommandId,
        BuildbotMessage.ReadFile read => read.CommandId,
        BuildbotMessage.ReadFileClose close => close.CommandId,
        _ => null,
    };

    private static bool IsEnd(Exception error) =>
        error is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException
            or InvalidOperationException or System.Net.Sockets.SocketException;
}
