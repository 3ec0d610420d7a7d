using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Buildbot.Perspective;
using Quern.Testing;

namespace Quern.Peers.Tests.Buildbot.Perspective;

/// <summary>A listener for Perspective Broker on loopback, with every link and every end for the test.</summary>
internal sealed class BrokerFarm : IWorkerGate, IAsyncDisposable
{
    private readonly WorkerListener _listener;
    private readonly Channel<PerspectiveLink> _links = Channel.CreateUnbounded<PerspectiveLink>();
    private readonly Channel<(string Name, string Reason)> _ends = Channel.CreateUnbounded<(string, string)>();

    public BrokerFarm(PerspectiveLinkOptions? options = null) => _listener = WorkerListener.Open(
        new IPEndPoint(IPAddress.Loopback, 0),
        new PerspectiveAcceptor(this, Registry, options ?? new PerspectiveLinkOptions(), TimeProvider.System));

    public LinkRegistry Registry { get; } = new();

    public IPEndPoint EndPoint => _listener.EndPoint;

    public ImmutableArray<string> Places { get; init; } = ["slot-1", "slot-2"];

    /// <summary>For captures, whose answers belong to another challenge.</summary>
    public bool TakesAnyPassword { get; init; }

    public Channel<WorkerName> Refusals { get; } = Channel.CreateUnbounded<WorkerName>();

    public async Task<(BrokerWorker Worker, PerspectiveLink Link)> AttachAsync(string name = "farmer")
    {
        BrokerWorker worker = await BrokerWorker.AttachAsync(EndPoint, name).WaitAsync(TestGate.Patience);
        return (worker, await NextLinkAsync());
    }

    public Task<PerspectiveLink> NextLinkAsync() => _links.Reader.ReadAsync().AsTask().WaitAsync(TestGate.Patience);

    public Task<(string Name, string Reason)> NextEndAsync() => _ends.Reader.ReadAsync().AsTask().WaitAsync(TestGate.Patience);

    public ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken) => new(false);

    public ValueTask<bool> CheckAsync(
        WorkerName name, ReadOnlyMemory<byte> challenge, ReadOnlyMemory<byte> response, CancellationToken cancellationToken) =>
        new(TakesAnyPassword || ChallengeResponse.Of(TestGate.Password, challenge.Span).AsSpan().SequenceEqual(response.Span));

    public ImmutableArray<string> PlacesOf(WorkerName name) => Places;

    public ValueTask AttachedAsync(IWorkerLink link) => _links.Writer.WriteAsync((PerspectiveLink)link);

    public void Refused(WorkerName name, string remote) => Refusals.Writer.TryWrite(name);

    /// <summary>Who did what it may not.</summary>
    public Channel<string> Trespasses { get; } = Channel.CreateUnbounded<string>();

    public void Trespassed(WorkerName? name, string remote, string what) => Trespasses.Writer.TryWrite($"{name?.Value} {what}");

    public Task<string> NextTrespassAsync() => Trespasses.Reader.ReadAsync().AsTask().WaitAsync(TestGate.Patience);

    public void Ended(WorkerName? name, string remote, string reason) => _ends.Writer.TryWrite((name?.Value ?? "", reason));

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
