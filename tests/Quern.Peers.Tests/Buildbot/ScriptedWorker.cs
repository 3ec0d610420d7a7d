using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Quern.Protocols;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>A worker whose every message the test writes.</summary>
internal sealed class ScriptedWorker : IAsyncDisposable
{
    private const string Key = "7QwW8owJgOY6edsoJ6R4/A==";
    private readonly MsgPackCodec _codec = new(MsgPackCodecOptions.ForWorker);
    private readonly TcpClient _client = new() { NoDelay = true };
    private WebSocket? _socket;
    private long _number;

    public NetworkStream Stream => _client.GetStream();

    public static async Task<ScriptedWorker> ConnectAsync(IPEndPoint endPoint)
    {
        var worker = new ScriptedWorker();
        await worker._client.ConnectAsync(endPoint);
        return worker;
    }

    /// <summary>Connects and shakes hands.</summary>
    public static async Task<ScriptedWorker> LoginAsync(IPEndPoint endPoint, string name = "farmer")
    {
        ScriptedWorker worker = await ConnectAsync(endPoint);
        await worker.Stream.WriteAsync(ClientHandshake.CreateRequest("x", "/", "test", name, TestGate.Password, Key));
        var head = new List<byte>();
        var one = new byte[1];
        ClientHandshakeResult? result;
        while (ClientHandshake.TryRead(head.ToArray(), Key, out _, out result) is DecodeStatus.NeedMore)
        {
            await worker.Stream.ReadExactlyAsync(one);
            head.Add(one[0]);
        }

        if (result is ClientHandshakeResult.Refused refused) throw new InvalidOperationException(refused.Reason);
        worker._socket = WebSocket.CreateFromStream(worker.Stream, new WebSocketCreationOptions { IsServer = false });
        return worker;
    }

    /// <summary>Connects, shakes hands and answers the whole attach sequence.</summary>
    public static async Task<ScriptedWorker> AttachAsync(IPEndPoint endPoint, string name = "farmer")
    {
        ScriptedWorker worker = await LoginAsync(endPoint, name);
        for (int commands = 0; commands < 2;)
        {
            BuildbotMessage request = await worker.ReceiveAsync();
            if (request is BuildbotMessage.Response) continue;
            WireValue result = WireValue.Nil.Value;
            if (request is BuildbotMessage.GetWorkerInfo)
                result = new WireValue.Map([new("basedir", "/srv/worker"), new("version", "3.7.0-2"), new("system", "posix")]);
            if (request is BuildbotMessage.StartCommand start)
            {
                commands++;
                await worker.UpdateAsync(start.CommandId, new UpdateEntry.Files([]), new UpdateEntry.ReturnCode(0));
                await worker.SendAsync(n => new BuildbotMessage.Complete(n, start.CommandId, null));
            }

            await worker.AnswerAsync(request, result);
        }

        return worker;
    }

    public Task UpdateAsync(string id, params UpdateEntry[] entries) =>
        SendAsync(n => new BuildbotMessage.Update(n, id, [.. entries]));

    public Task AnswerAsync(BuildbotMessage request, WireValue result) =>
        SendAsync(_ => new BuildbotMessage.Response(request.SequenceNumber, result, IsException: false));

    public async Task<long> SendAsync(Func<long, BuildbotMessage> create)
    {
        long number = _number++;
        var output = new ArrayBufferWriter<byte>();
        _codec.Encode(create(number), output);
        await _socket!.SendAsync(output.WrittenMemory, WebSocketMessageType.Binary, true, default);
        return number;
    }

    public Task SendTextAsync(string text) =>
        _socket!.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    public async Task SendBinaryAsync(byte[] payload, bool end = true) =>
        await _socket!.SendAsync(payload.AsMemory(), WebSocketMessageType.Binary, end, default);

    /// <summary>The next message of the master.</summary>
    /// <exception cref="EndOfStreamException">The master closed the connection.</exception>
    public async Task<BuildbotMessage> ReceiveAsync()
    {
        using var late = new CancellationTokenSource(TestGate.Patience);
        var bytes = new byte[2 * 1024 * 1024];
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult read = await _socket!.ReceiveAsync(bytes.AsMemory(length), late.Token);
            if (read.MessageType is WebSocketMessageType.Close) throw new EndOfStreamException();
            length += read.Count;
            if (!read.EndOfMessage) continue;
            if (_codec.Decode(bytes.AsMemory(0, length), out BuildbotMessage? message) is not DecodeStatus.Success)
                throw new InvalidOperationException("The master sent what cannot be decoded.");
            return message!;
        }
    }

    /// <summary>The next message of one kind; responses to the worker's own requests are passed over.</summary>
    public async Task<T> ReceiveAsync<T>()
        where T : BuildbotMessage
    {
        while (true)
        {
            BuildbotMessage message = await ReceiveAsync();
            if (message is T wanted) return wanted;
            if (message is not BuildbotMessage.Response)
                throw new InvalidOperationException($"Expected {typeof(T).Name}, got {message}.");
        }
    }

    /// <summary>The master's answer to one of the worker's requests.</summary>
    public async Task<BuildbotMessage.Response> AnswerToAsync(long number)
    {
        while (true)
            if (await ReceiveAsync() is BuildbotMessage.Response response && response.SequenceNumber == number) return response;
    }

    public ValueTask DisposeAsync()
    {
        _socket?.Dispose();
        _client.Dispose();
        return default;
    }
}
