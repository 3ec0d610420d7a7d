using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost.Tests.MessagePack;

/// <summary>One connection of a worker, seen by a master that knows dictionaries and nothing of our messages.</summary>
internal sealed class SeedConversation(TcpClient client, WebSocket socket, string head) : IDisposable
{
    private static readonly WireValue Nil = WireValue.Nil.Value;

    private readonly byte[] _buffer = new byte[4 * 1024 * 1024];
    private readonly Queue<WireValue.Map> _put = new();   // received while something else was awaited
    private readonly Dictionary<string, SeedCommand> _commands = new(StringComparer.Ordinal);
    private long _number;
    private int _lastCommand;

    /// <summary>The opening request.</summary>
    public string Head => head;

    public static WireValue.Map Map(params ReadOnlySpan<(string Key, WireValue Value)> pairs)
    {
        var entries = new List<KeyValuePair<string, WireValue>>();
        foreach (var (key, value) in pairs) entries.Add(new(key, value));
        return new WireValue.Map([.. entries]);
    }

    public static WireValue.List List(params WireValue[] items) => new([.. items]);

    /// <summary>Sends a request and answers its response, whole. Whatever else comes is kept.</summary>
    public async Task<WireValue.Map> RequestAsync(string operation, params (string Key, WireValue Value)[] keys)
    {
        long number = _number++;
        await SendAsync(Map([("op", operation), ("seq_number", number), .. keys]));
        while (true)
        {
            var message = await ReadAsync();
            if (message["op"] == (WireValue)"response" && message["seq_number"] == (WireValue)number) return message;
            _put.Enqueue(message);
        }
    }

    /// <summary>The result of a request; fails the test when it is an exception.</summary>
    public async Task<WireValue> AskAsync(string operation, params (string Key, WireValue Value)[] keys)
    {
        var response = await RequestAsync(operation, keys);
        Assert.True(response["is_exception"] is null, $"{response["result"]}");
        return response["result"]!;
    }

    /// <summary>The text of the exception that a request is answered with.</summary>
    public async Task<string> RefusedAsync(string operation, params (string Key, WireValue Value)[] keys)
    {
        var response = await RequestAsync(operation, keys);
        Assert.Equal((WireValue)true, response["is_exception"]);
        return Assert.IsType<WireValue.Text>(response["result"]).Value;
    }

    public Task<WireValue> SetBuildersAsync(params (string Name, string Directory)[] builders) =>
        AskAsync("set_builder_list", ("builders", List([.. builders.Select(b => (WireValue)List(b.Name, b.Directory))])));

    /// <summary>Starts a command of builder <c>b</c>; the worker must have taken it.</summary>
    public async Task<SeedCommand> StartAsync(string name, params (string Key, WireValue Value)[] arguments)
    {
        var command = new SeedCommand($"{_lastCommand++}");
        _commands.Add(command.Id, command);
        Assert.Equal(Nil, await AskAsync(
            "start_command", ("builder_name", "b"), ("command_id", command.Id), ("command_name", name), ("args", Map(arguments))));
        return command;
    }

    /// <summary>Makes a whole request of a master again.</summary>
    public async Task<SeedCommand> StartAsync(WireValue.Map request)
    {
        var command = new SeedCommand(((WireValue.Text)request["command_id"]!).Value);
        _commands.Add(command.Id, command);
        Assert.Equal(Nil, await AskAsync("start_command", [.. request.Entries.Where(e => e.Key is not ("op" or "seq_number")).Select(e => (e.Key, e.Value))]));
        return command;
    }

    /// <summary>Starts a command and serves it to its end.</summary>
    /// <param name="name">Of the command.</param>
    /// <param name="blocks">What the reads of a download are answered with, in turn; afterwards nothing.</param>
    /// <param name="arguments">Of the command.</param>
    public async Task<SeedCommand> RunAsync(string name, byte[][] blocks, params (string Key, WireValue Value)[] arguments)
    {
        var command = await StartAsync(name, arguments);
        foreach (byte[] block in blocks) command.Blocks.Enqueue(new WireValue.Binary(block));
        await ServeAsync(() => command.IsComplete);
        return command;
    }

    public Task<SeedCommand> RunAsync(string name, params (string Key, WireValue Value)[] arguments) => RunAsync(name, [], arguments);

    public Task<SeedCommand> ShellAsync(string script) =>
        StartAsync("shell", ("workdir", "build"), ("command", script), ("logEnviron", false));

    /// <summary>Takes what the commands say until something is true.</summary>
    public async Task ServeAsync(Func<bool> until)
    {
        while (!until())
        {
            var message = await ReceiveAsync();
            var command = _commands[Assert.IsType<WireValue.Text>(message["command_id"]).Value];
            var (answer, isException) = command.Take(message);
            if (isException) await SendAsync(Map(("op", "response"), ("seq_number", message["seq_number"]!), ("result", answer), ("is_exception", true)));
            else await RespondAsync(message, answer);
        }
    }

    public async Task RespondAsync(WireValue.Map request, WireValue result) =>
        await SendAsync(Map(("op", "response"), ("seq_number", request["seq_number"]!), ("result", result)));

    public async Task<WireValue.Map> ReceiveAsync(string operation)
    {
        var message = await ReceiveAsync();
        Assert.Equal((WireValue)operation, message["op"]);
        return message;
    }

    public async Task<WireValue.Map> ReceiveAsync() => _put.TryDequeue(out var message) ? message : await ReadAsync();

    public async Task SendAsync(WireValue message)
    {
        var output = new ArrayBufferWriter<byte>();
        new MsgPackWriter(output).WriteValue(message);
        await SendBytesAsync(output.WrittenMemory);
    }

    public async Task SendBytesAsync(ReadOnlyMemory<byte> payload) =>
        await socket.SendAsync(payload, WebSocketMessageType.Binary, true, TestContext.Current.CancellationToken);

    public async Task SendTextAsync(string text) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

    /// <summary>Ends when the worker has left, however.</summary>
    public async Task LeftAsync()
    {
        try
        {
            while (true) await ReadAsync();
        }
        catch (Exception e) when (e is EndOfStreamException or WebSocketException or IOException)
        {
            // Gone.
        }
    }

    /// <summary>Cuts the connection without a word.</summary>
    public void Cut() => client.Close();

    public void Dispose()
    {
        socket.Dispose();
        client.Dispose();
    }

    private async Task<WireValue.Map> ReadAsync()
    {
        using var late = new CancellationTokenSource(SeedMaster.Patience);
        int length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(length), late.Token);
            if (read.MessageType is WebSocketMessageType.Close) throw new EndOfStreamException();
            length += read.Count;
            if (!read.EndOfMessage) continue;
            var reader = new MsgPackReader(_buffer.AsSpan(0, length).ToArray(), MsgPackLimits.Default);
            return (WireValue.Map)reader.ReadValue(depth: 1);
        }
    }
}
