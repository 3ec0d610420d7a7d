using System.Net;
using System.Net.Sockets;
using Quern.Model;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>A Branch master that says what a test tells it to; it knows nothing of Quern's codecs. Each connection of a bot is handed out.</summary>
internal sealed class ScriptedMaster : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<MasterConversation> _conversations = [];

    public ScriptedMaster() => _listener.Start();

    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public WorkerOptions OptionsFor(string folder) => new()
    {
        Master = new MasterAddress(MasterProtocol.Branch, new ClientEndpoint.Tcp("127.0.0.1", Port), $"127.0.0.1:{Port}", "/"),
        Name = new WorkerName("bot1"),
        BaseDirectory = folder,
    };

    /// <summary>The next connection, about which nothing was said yet.</summary>
    public async Task<MasterConversation> NextAsync()
    {
        var client = await _listener.AcceptTcpClientAsync().WaitAsync(Patience);
        client.NoDelay = true;
        var conversation = new MasterConversation(client);
        _conversations.Add(conversation);
        return conversation;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var conversation in _conversations) conversation.Dispose();
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
