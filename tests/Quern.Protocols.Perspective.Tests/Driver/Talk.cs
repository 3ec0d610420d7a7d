using Xunit;

namespace Quern.Protocols.Perspective.Driver;

/// <summary>A server of ours that runs against a <see cref="RawPeer"/>.</summary>
internal sealed class Talk : IAsyncDisposable
{
    private Talk(PerspectiveConnection connection, RawPeer peer, Task<string> running)
    {
        Connection = connection;
        Peer = peer;
        Running = running;
    }

    public PerspectiveConnection Connection { get; }

    public RawPeer Peer { get; }

    /// <summary>Why the connection ended.</summary>
    public Task<string> Running { get; }

    /// <summary>A server whose dialect is agreed.</summary>
    public static async Task<Talk> ServeAsync(ILocalObject root, PerspectiveOptions? options = null, TimeProvider? time = null)
    {
        var talk = Listen(root, options, time);
        await talk.Peer.NegotiateAsync();
        return talk;
    }

    /// <summary>A server that has said its offer.</summary>
    public static Talk Listen(ILocalObject root, PerspectiveOptions? options = null, TimeProvider? time = null)
    {
        var pair = new DuplexPair();
        var connection = PerspectiveConnection.Server(pair.Ours, options ?? new PerspectiveOptions(), time ?? TimeProvider.System, root);
        return new Talk(connection, new RawPeer(pair.Theirs), connection.RunAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A client against a raw server.</summary>
    public static Talk Connect(PerspectiveOptions? options = null)
    {
        var pair = new DuplexPair();
        var connection = PerspectiveConnection.Client(pair.Ours, options ?? new PerspectiveOptions(), TimeProvider.System);
        return new Talk(connection, new RawPeer(pair.Theirs), connection.RunAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await Peer.DisposeAsync();
        await Connection.DisposeAsync();
        await Running;
    }
}
