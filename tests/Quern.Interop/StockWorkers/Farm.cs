using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Buildbot.Perspective;
using Quern.Protocols.Buildbot;
using Quern.Testing;

namespace Quern.Interop.StockWorkers;

/// <summary>The smallest master: a listener, one password, and every attached link and every end for the test.</summary>
internal sealed class Farm : IWorkerGate, IAsyncDisposable
{
    public const string Password = "throwaway-pw";
    private readonly WorkerListener _listener;
    private readonly Channel<IWorkerLink> _links = Channel.CreateUnbounded<IWorkerLink>();
    private readonly Channel<string> _ends = Channel.CreateUnbounded<string>();

    /// <param name="protocol">What its listener speaks.</param>
    /// <param name="adjust">Changes limits and times; null leaves the defaults.</param>
    public Farm(WireProtocol protocol, Func<WorkerLinkOptions, WorkerLinkOptions>? adjust = null)
    {
        Protocol = protocol;
        var registry = new LinkRegistry();
        adjust ??= options => options;
        IWorkerAcceptor acceptor = protocol is WireProtocol.Perspective
            ? new PerspectiveAcceptor(this, registry, (PerspectiveLinkOptions)adjust(new PerspectiveLinkOptions()), TimeProvider.System)
            : new MessagePackAcceptor(this, registry, (MessagePackOptions)adjust(new MessagePackOptions
            {
                Revisions = protocol is WireProtocol.MessagePackV1 ? [BuildbotRevision.V7, BuildbotRevision.V1] : [BuildbotRevision.V7],
            }), TimeProvider.System);
        _listener = WorkerListener.Open(new IPEndPoint(IPAddress.Loopback, 0), acceptor);
    }

    /// <summary>Longer than anything takes on a busy machine; a test that needs it has failed.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(3);

    public WireProtocol Protocol { get; }

    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>A stock worker that this farm lets in, unless another password is given.</summary>
    public Task<StockWorker> StartWorkerAsync(string password = Password) => StockWorker.StartAsync(Protocol, EndPoint, "farmer", password);

    public Task<IWorkerLink> NextLinkAsync() => _links.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task<string> NextEndAsync() => _ends.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public static WorkerInfo InfoOf(IWorkerLink link) => link is PerspectiveLink broker ? broker.Info : ((MessagePackLink)link).Info;

    public ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken) =>
        new(name.Value == "farmer" && password == Password);

    public ValueTask<bool> CheckAsync(
        WorkerName name, ReadOnlyMemory<byte> challenge, ReadOnlyMemory<byte> response, CancellationToken cancellationToken) =>
        new(name.Value == "farmer" && ChallengeResponse.Of(Password, challenge.Span).AsSpan().SequenceEqual(response.Span));

    public ImmutableArray<string> PlacesOf(WorkerName name) => ["slot-1", "slot-2"];

    public ValueTask AttachedAsync(IWorkerLink link) => _links.Writer.WriteAsync(link);

    public void Refused(WorkerName name, string remote)
    {
        // The worker under test hears of it itself.
    }

    public void Trespassed(WorkerName? name, string remote, string what)
    {
        // What a stock worker may do is what its own tests say.
    }

    public void Ended(WorkerName? name, string remote, string reason) => _ends.Writer.TryWrite(reason);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
