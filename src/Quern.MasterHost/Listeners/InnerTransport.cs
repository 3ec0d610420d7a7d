using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Quern.Peers.Buildbot;
using Quern.Peers.Ports;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// Lets a web server have its connections from our ports instead of from ports of its own: so ports of every protocol are opened, secured,
/// limited and drained in the same way, and new ones need no new server.
/// </summary>
internal sealed class InnerTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector, IWorkerAcceptor, IAsyncDisposable
{
    /// <summary>Not bounded here: what comes in has been let in by a port, which bounds it, and the server takes it at once.</summary>
    private readonly Channel<InnerConnection> _waiting = Channel.CreateUnbounded<InnerConnection>();

    /// <summary>What the server is told to listen on.</summary>
    public EndPoint Place { get; } = new InnerPlace();

    public bool CanBind(EndPoint endpoint) => endpoint == Place;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new Taker(this));

    public Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A web server wants to know the addresses of a connection.");

    public async Task ServeAsync(AcceptedConnection connection, CancellationToken cancellationToken)
    {
        var inner = new InnerConnection(connection);
        if (!_waiting.Writer.TryWrite(inner))
        {
            await inner.DisposeAsync();
            return;
        }
        await using var closing = cancellationToken.Register(() => inner.Abort(new ConnectionAbortedException("The listener was closed.")));
        await inner.Ended;
    }

    /// <summary>Closes what waits for a server that never came, and lets nobody wait any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out var left)) await left.DisposeAsync();
    }

    private sealed class InnerPlace : EndPoint
    {
        public override string ToString() => "the farm's listeners";
    }

    private sealed class Taker(InnerTransport transport) : IConnectionListener
    {
        public EndPoint EndPoint => transport.Place;

        /// <summary>Null at the end.</summary>
        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await transport._waiting.Reader.WaitToReadAsync(cancellationToken))
                if (transport._waiting.Reader.TryRead(out var connection)) return connection;
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            transport._waiting.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => transport.DisposeAsync();
    }
}
