using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Quern.Model;

namespace Quern.WorkerHost.Tests.MessagePack;

/// <summary>A master of revision v1 written from the protocol's description; each connection of a worker is handed out.</summary>
internal sealed class SeedMaster : IAsyncDisposable
{
    public const string Password = "throwaway-pw";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<SeedConversation> _conversations = [];

    public SeedMaster() => _listener.Start();

    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    public WorkerOptions OptionsFor(string folder)
    {
        int port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        return new WorkerOptions
        {
            Master = new MasterAddress(MasterProtocol.MessagePackV1, new ClientEndpoint.Tcp("127.0.0.1", port), $"127.0.0.1:{port}", "/"),
            Name = new WorkerName("farmer"),
            BaseDirectory = folder,
        };
    }

    /// <summary>Takes the next connection and answers its opening request.</summary>
    public async Task<SeedConversation> NextAsync()
    {
        var client = await _listener.AcceptTcpClientAsync().WaitAsync(Patience);
        client.NoDelay = true;
        var stream = client.GetStream();
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one).AsTask().WaitAsync(Patience);
            head.Append((char)one[0]);
        }
        const string KeyHeader = "Sec-WebSocket-Key: ";
        string key = head.ToString().Split("\r\n").Single(l => l.StartsWith(KeyHeader, StringComparison.Ordinal))[KeyHeader.Length..];
#pragma warning disable CA5350 // RFC 6455 is SHA-1.
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));
        var conversation = new SeedConversation(
            client, WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true }), head.ToString());
        _conversations.Add(conversation);
        return conversation;
    }

    /// <summary>The next connection, logged in and with one builder, <c>b</c>.</summary>
    public async Task<SeedConversation> AttachedAsync()
    {
        var conversation = await NextAsync();
        var auth = await conversation.ReceiveAsync("auth");
        await conversation.SetBuildersAsync(("b", "b"));
        await conversation.RespondAsync(auth, true);
        return conversation;
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (var conversation in _conversations) conversation.Dispose();
        return ValueTask.CompletedTask;
    }
}
