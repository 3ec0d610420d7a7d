using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Quern.Protocols.Perspective;

namespace Quern.Benchmarks;

/// <summary>Calls over a Perspective Broker connection on loopback, both ends in this process, a window of them unanswered at a time.</summary>
internal sealed class PerspectiveCalls : IBenchmark
{
    private readonly int _count;
    private readonly int _window;
    private readonly double _unitsEach;
    private readonly ImmutableArray<JellyValue> _arguments;
    private readonly PerspectiveConnection _server;
    private readonly PerspectiveConnection _client;

    private PerspectiveCalls(string name, string unit, int count, int window, double unitsEach, JellyValue argument)
    {
        Name = $"perspective: {name}";
        Unit = unit;
        _count = count;
        _window = window;
        _unitsEach = unitsEach;
        _arguments = [argument];
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(listener.LocalEndPoint!);
        var options = new PerspectiveOptions();
        _server = PerspectiveConnection.Server(new NetworkStream(listener.Accept(), ownsSocket: true), options, TimeProvider.System, new Acknowledging());
        _client = PerspectiveConnection.Client(new NetworkStream(socket, ownsSocket: true), options, TimeProvider.System);
        _ = _server.RunAsync(CancellationToken.None);
        _ = _client.RunAsync(CancellationToken.None);
    }

    public string Name { get; }

    public string Unit { get; }

    /// <summary>A word and a number there, None back.</summary>
    public static PerspectiveCalls Small() => new("small calls, 256 at a time", "calls", 200_000, 256, 1, new JellyValue.Tuple(["word", 7L]));

    /// <summary>Blocks of 64 KiB of text there, None back.</summary>
    public static PerspectiveCalls Text() => new("calls with 64 KiB text, 16 at a time", "MB", 8_000, 16, 65536 / 1e6, new string('x', 65536));

    public async Task<double> RunAsync(string folder)
    {
        var waiting = new Queue<Task<CallResult>>(_window);
        for (int i = 0; i < _count; i++)
        {
            if (waiting.Count == _window) Check(await waiting.Dequeue());
            waiting.Enqueue(_client.CallAsync(_client.Root, "take", _arguments));
        }
        while (waiting.TryDequeue(out var last)) Check(await last);
        return _count * _unitsEach;
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static void Check(CallResult result)
    {
        if (result is not CallResult.Answered) throw new InvalidDataException($"not answered: {result}");
    }

    private sealed class Acknowledging : ILocalObject
    {
        public ValueTask CallAsync(IncomingCall call)
        {
            call.Answer(JellyValue.None.Value);
            return ValueTask.CompletedTask;
        }
    }
}
