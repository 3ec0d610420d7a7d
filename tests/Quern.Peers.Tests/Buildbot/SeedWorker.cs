using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>
/// A worker of revision v1 written from the protocol's description: it knows dictionaries and nothing of our messages.
/// </summary>
internal sealed class SeedWorker : IAsyncDisposable
{
    private static readonly WireValue Nil = WireValue.Nil.Value;
    private readonly TcpClient _client = new() { NoDelay = true };
    private WebSocket? _socket;
    private long _number;

    /// <summary>What the worker said in answer to <c>get_worker_info</c>.</summary>
    public static WireValue.Map Info { get; } = Map(
        ("environ", Map(("HOME", "/root"))), ("system", "posix"), ("basedir", "/srv/worker"), ("numcpus", 2L), ("version", "3.5.0"),
        ("worker_commands", Map(("shell", "3.1"))), ("admin", "Farm Admin"), ("host", "sample"));

    /// <summary>Opens the WebSocket, without a login.</summary>
    public static async Task<SeedWorker> OpenAsync(IPEndPoint endPoint)
    {
        var worker = new SeedWorker();
        await worker._client.ConnectAsync(endPoint);
        NetworkStream stream = worker._client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Key: 7QwW8owJgOY6edsoJ6R4/A==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }

        if (!head.ToString().StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)) throw new InvalidOperationException(head.ToString());
        worker._socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false });
        return worker;
    }

    /// <summary>Opens, logs in and answers what a master asks until the builders are set.</summary>
    public static async Task<SeedWorker> AttachAsync(IPEndPoint endPoint, string name = "farmer")
    {
        SeedWorker worker = await OpenAsync(endPoint);
        await worker.RequestAsync("auth", ("username", name), ("password", TestGate.Password));
        while (true)
        {
            WireValue.Map message = await worker.ReceiveAsync();
            switch (message["op"])
            {
                case WireValue.Text { Value: "print" }:
                    await worker.RespondAsync(message, Nil);
                    break;
                case WireValue.Text { Value: "get_worker_info" }:
                    await worker.RespondAsync(message, Info);
                    break;
                case WireValue.Text { Value: "set_builder_list" }:
                    await worker.RespondAsync(message, new WireValue.List(
                        [.. ((WireValue.List)message["builders"]!).Items.Select(pair => ((WireValue.List)pair).Items[0])]));
                    return worker;
            }
        }
    }

    public static WireValue.Map Map(params (string Key, WireValue Value)[] pairs) =>
        new([.. pairs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))]);

    public static WireValue.List List(params WireValue[] items) => new([.. items]);

    /// <summary>Sends a request; answers its number.</summary>
    public async Task<long> RequestAsync(string operation, params (string Key, WireValue Value)[] keys)
    {
        long number = _number++;
        await SendAsync(Map([("op", operation), ("seq_number", number), .. keys]));
        return number;
    }

    /// <summary>Sends a request and waits for its response, whose other keys are checked.</summary>
    public async Task<WireValue> AskAsync(string operation, params (string Key, WireValue Value)[] keys)
    {
        long number = await RequestAsync(operation, keys);
        WireValue.Map answer = await ReceiveAsync("response");
        if (answer["seq_number"] != (WireValue)number) throw new InvalidOperationException($"Expected the answer to {number}, got {answer}.");
        if (answer["is_exception"] is not null) throw new InvalidOperationException($"{answer["result"]}");
        return answer["result"]!;
    }

    /// <summary>One <c>update</c> of one dictionary, as the description has it: a list of a dictionary and an integer.</summary>
    public Task<WireValue> UpdateAsync(WireValue commandId, params (string Key, WireValue Value)[] entries) =>
        AskAsync("update", ("command_id", commandId), ("args", List(List(Map(entries), 0L))));

    public Task RespondAsync(WireValue.Map request, WireValue result) =>
        SendAsync(Map(("op", "response"), ("seq_number", request["seq_number"]!), ("result", result)));

    public Task RefuseAsync(WireValue.Map request, string text) =>
        SendAsync(Map(("op", "response"), ("seq_number", request["seq_number"]!), ("result", text), ("is_exception", true)));

    public Task SendAsync(WireValue message)
    {
        var output = new ArrayBufferWriter<byte>();
        new MsgPackWriter(output).WriteValue(message);
        return SendBytesAsync(output.WrittenMemory);
    }

    public async Task SendBytesAsync(ReadOnlyMemory<byte> payload) =>
        await _socket!.SendAsync(payload, WebSocketMessageType.Binary, true, default);

    /// <summary>The next message, which must be of that operation.</summary>
    public async Task<WireValue.Map> ReceiveAsync(string operation)
    {
        WireValue.Map message = await ReceiveAsync();
        return message["op"] == (WireValue)operation ? message : throw new InvalidOperationException($"Expected {operation}, got {message}.");
    }

    /// <exception cref="EndOfStreamException">The master closed the connection.</exception>
    public async Task<WireValue.Map> ReceiveAsync()
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
            var reader = new MsgPackReader(bytes.AsMemory(0, length), MsgPackLimits.Default);
            return (WireValue.Map)reader.ReadValue(depth: 1);
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket?.Dispose();
        _client.Dispose();
        return default;
    }
}
