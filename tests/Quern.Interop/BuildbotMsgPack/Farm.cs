using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using Quern.Model;
using Quern.Peers.Buildbot;

namespace Quern.Interop.BuildbotMsgPack;

/// <summary>The smallest master: a listener, one password, and every attached link and every end for the test.</summary>
internal sealed class Farm : IMessagePackGate, IAsyncDisposable
{
    public const string Password = "throwaway-pw";
    private readonly MessagePackListener _listener;
    private readonly Channel<MessagePackLink> _links = Channel.CreateUnbounded<MessagePackLink>();
    private readonly Channel<string> _ends = Channel.CreateUnbounded<string>();

    public Farm(MessagePackOptions? options = null) => _listener = MessagePackListener.Open(
        new IPEndPoint(IPAddress.Loopback, 0),
        new MessagePackAcceptor(this, new LinkRegistry(), options ?? new MessagePackOptions(), TimeProvider.System));

    /// <summary>Longer than anything takes on a busy machine; a test that needs it has failed.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(3);

    public IPEndPoint EndPoint => _listener.EndPoint;

    public Task<MessagePackLink> NextLinkAsync() => _links.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task<string> NextEndAsync() => _ends.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken) =>
        new(name.Value == "farmer" && password == Password);

    public ImmutableArray<string> PlacesOf(WorkerName name) => ["slot-1", "slot-2"];

    public ValueTask AttachedAsync(MessagePackLink link) => _links.Writer.WriteAsync(link);

    public void Refused(WorkerName name, string remote)
    {
        // The worker under test hears of it itself.
    }

    public void Ended(WorkerName? name, string remote, string reason) => _ends.Writer.TryWrite(reason);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
