using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Google.Protobuf;
using Quern.Admin.V1;

namespace Quern.Protocols.Admin;

/// <summary>
/// The connecting side of the administration protocol over a stream: requests, each with its answer; events and questions of the server as
/// they come. Life: <see cref="OpenAsync"/>, then anything from any thread at any time, <see cref="DisposeAsync"/> at the end. Whether the
/// server is the right one is for whoever made the stream to say. The first reason that ends it is kept.
/// </summary>
public sealed class AdminClient : IAsyncDisposable
{
    private static readonly AdminCodec s_codec = new();
    private static readonly AdminType s_ping = AdminTypes.Find(nameof(RS_Ping))!;

    private readonly Stream _stream;
    private readonly AdminClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<AdminMessage?>> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private Task _watching = Task.CompletedTask;
    private long _heard;     // timestamp of the last bytes; written by the reader
    private int _lastId;
    private string? _reason; // why, once it is over; the first stays

    private AdminClient(Stream stream, AdminClientOptions options, TimeProvider time)
    {
        (_stream, _options, _time) = (stream, options, time);
        _heard = time.GetTimestamp();
        // Real peers take random numbers; what matters is that none is 0 and none is used twice.
        _lastId = RandomNumberGenerator.GetInt32(1, int.MaxValue / 2);
        _reading = ReadAsync();
    }

    /// <summary>What the server answered to the first message.</summary>
    public RS_Session Session { get; private set; } = new();

    /// <summary>Completes with the reason in plain words when the connection is over; never faults.</summary>
    public Task<string> Closed => _closed.Task;

    /// <summary>Opens a session.</summary>
    /// <param name="stream">Owned from now on, also when this fails.</param>
    /// <param name="options">What the client says of itself.</param>
    /// <param name="time">For patience.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="IOException">The server did not open one; the message says why.</exception>
    public static async Task<AdminClient> OpenAsync(Stream stream, AdminClientOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var client = new AdminClient(stream, options, time);
        try
        {
            var session = new RQ_Session
            {
                InstanceUuid = options.InstanceUuid,
                InstanceType = options.Type,
                InstanceFlavor = options.Flavor,
                Capability = { options.Capabilities },
                Product = options.Product,
            };
            var reply = await client.AskAsync(session, options.SessionPatience, cancellationToken);
            client.Session = reply switch
            {
                AdminReply.Message { Value: RS_Session opened } => opened,
                AdminReply.Lost lost => throw new IOException($"The server did not open a session: {lost.Reason}."),
                _ => throw new IOException("The server did not open a session: it is silent, or speaks something else."),
            };
            if (options.PingInterval > TimeSpan.Zero) client._watching = client.WatchAsync();
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks something. Never throws for what the server does.</summary>
    /// <param name="request">A message whose name begins with <c>RQ_</c>.</param>
    /// <param name="cancellationToken">Stops waiting; what was asked was asked.</param>
    public Task<AdminReply> AskAsync(IMessage request, CancellationToken cancellationToken) => AskAsync(request, _options.Patience, cancellationToken);

    /// <summary>The same with another patience, for what takes its time.</summary>
    /// <param name="request">A message whose name begins with <c>RQ_</c>.</param>
    /// <param name="patience">Until <see cref="AdminReply.TimedOut"/>.</param>
    /// <param name="cancellationToken">Stops waiting; what was asked was asked.</param>
    /// <param name="to">Session number of the agent that it is for; 0 for the server.</param>
    public async Task<AdminReply> AskAsync(IMessage request, TimeSpan patience, CancellationToken cancellationToken, int to = 0)
    {
        var type = AdminTypes.Of(request);
        if (!type.IsRequest) throw new ArgumentException($"{type} is no request.", nameof(request));
        if (_waiting.Count >= _options.MaxWaiting) return new AdminReply.Lost($"{_waiting.Count} requests wait for an answer already");
        int id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<AdminMessage?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        try
        {
            if (_reason is { } over) return new AdminReply.Lost(over);
            await SendAsync(AdminMessage.Of(request, id, to: to == 0 ? Session.ServerSid : to, from: Session.InstanceSid), cancellationToken);
            var message = await answer.Task.WaitAsync(patience, _time, cancellationToken);
            return message is null ? new AdminReply.Lost(_reason ?? "the connection is over") : Read(type, message);
        }
        catch (TimeoutException)
        {
            return new AdminReply.TimedOut();
        }
        catch (IOException e)
        {
            Break("the connection broke: " + e.Message);
            return new AdminReply.Lost(_reason!);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>How long a question and its answer take; null when there is none.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<TimeSpan?> PingAsync(CancellationToken cancellationToken)
    {
        long began = _time.GetTimestamp();
        return await AskAsync(new RQ_Ping(), cancellationToken) is AdminReply.Result or AdminReply.Message ? _time.GetElapsedTime(began) : null;
    }

    /// <summary>Ends the connection, keeping the first reason.</summary>
    public void Close(string reason) => Break(reason);

    /// <summary>Closes the connection and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        Break("closed");
        await _reading;
        await _watching;
        await _stream.DisposeAsync();
        _stop.Dispose();
        _writing.Dispose();
    }

    private static AdminReply Read(AdminType request, AdminMessage message) => message.Body switch
    {
        AdminBody.Message body => new AdminReply.Message(body.Value),
        AdminBody.Result result when message.Type is { } type =>
            new AdminReply.Result(result.Code < type.Results.Count ? type.Results[result.Code] : $"result {result.Code}", result.Code, result.Tail),
        _ => new AdminReply.Lost($"the answer to {request} cannot be read"),
    };

    private void Break(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is not null) return;
        _stop.Cancel();
    }

    private async Task ReadAsync()
    {
        // Nothing of the reader runs in the constructor.
        await Task.Yield();
        var pipe = PipeReader.Create(_stream, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(_stop.Token);
                Volatile.Write(ref _heard, _time.GetTimestamp());
                var buffer = read.Buffer;
                DecodeStatus status;
                while ((status = s_codec.TryDecode(ref buffer, out var message)) == DecodeStatus.Success) await TakeAsync(message!);
                pipe.AdvanceTo(buffer.Start, buffer.End);
                if (status != DecodeStatus.NeedMore) Break("the server sent what is no message");
                else if (read.IsCompleted) Break("the server closed the connection");
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Whoever stopped it said why.
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            Break("the connection broke: " + error.Message);
        }
        finally
        {
            await pipe.CompleteAsync();
            foreach (var waiting in _waiting.Values) waiting.TrySetResult(null);
            _closed.TrySetResult(_reason!);
        }
    }

    private async ValueTask TakeAsync(AdminMessage message)
    {
        if (message.Type is not { } type) return;
        if (type.IsRequest)
        {
            if (Answer(message) is { } answer) await SendAsync(answer, _stop.Token);
        }
        else if (type.Name.StartsWith("EV_", StringComparison.Ordinal))
        {
            if (message.Body is AdminBody.Message { Value: var news }) _options.Events?.Invoke(message.Id, news);
        }
        else if (_waiting.TryRemove(message.Id, out var waiting))
        {
            waiting.TrySetResult(message);
        }
    }

    private AdminMessage? Answer(AdminMessage question)
    {
        if (question.Type!.Name == nameof(RQ_Ping)) return AdminMessage.Of(s_ping, 0, question.Id, question.Set, question.From, Session.InstanceSid);
        if (question.Body is not AdminBody.Message { Value: var asked }) return null;
        return _options.Questions?.Invoke(asked) switch
        {
            AdminReply.Message message => AdminMessage.Of(message.Value, question.Id, question.Set, question.From, Session.InstanceSid),
            AdminReply.Result result when question.Type.Answer is { IsResult: true } type =>
                AdminMessage.Of(type, result.Code, question.Id, question.Set, question.From, Session.InstanceSid, result.Tail),
            _ => null,
        };
    }

    private async Task SendAsync(AdminMessage message, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>();
        s_codec.Encode(message, bytes);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            // Half a message would be the end of the conversation: whoever gave up waiting does not stop it.
            await _stream.WriteAsync(bytes.WrittenMemory, _stop.Token);
            await _stream.FlushAsync(_stop.Token);
        }
        catch (Exception error) when (error is ObjectDisposedException or OperationCanceledException && _stop.IsCancellationRequested)
        {
            throw new IOException(_reason, error);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task WatchAsync()
    {
        using var ticks = new PeriodicTimer(_options.PingInterval, _time);
        await using var stopped = _stop.Token.Register(ticks.Dispose);
        while (await ticks.WaitForNextTickAsync())
        {
            if (_time.GetElapsedTime(Volatile.Read(ref _heard)) >= 3 * _options.PingInterval)
            {
                Break($"the server said nothing for {(3 * _options.PingInterval).TotalSeconds:0} s");
                return;
            }
            try
            {
                await AskAsync(new RQ_Ping(), _options.PingInterval, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
