using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using Quern.Peers.Buildbot;
using Quern.Peers.Ports;

namespace Quern.Peers.Admin;

/// <summary>
/// Takes in connections of the administration protocol, of people and of agents, and bounds how many there are. Over TLS, whoever shows
/// the certificate of an agent is that agent.
/// </summary>
public sealed class AdminAcceptor : IWorkerAcceptor, IAsyncDisposable
{
    private readonly AdminRoom _room;
    private readonly AdminDesk _desk;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _unfinished = new();
    private readonly Strangers _strangers;
    private int _connections;
    private int _disposed;

    public AdminAcceptor(AdminDesks desks, IAdminGate gate, AdminOptions options, TimeProvider time)
        : this(desks, gate, options, time, random: null) { }

    internal AdminAcceptor(AdminDesks desks, IAdminGate gate, AdminOptions options, TimeProvider time, Func<int>? random)
    {
        _room = new AdminRoom(options, gate, time, random);
        _strangers = new Strangers(options.MaxStrangers, options.MaxStrangersOfAddress);
        _desk = new AdminDesk(desks, _room, _stopping.Token);
    }

    internal AdminRoom Room => _room;

    /// <inheritdoc/>
    public Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken) => ServeAsync(stream, remote, true, true, cancellationToken);

    /// <inheritdoc/>
    public Task ServeAsync(AcceptedConnection connection, CancellationToken cancellationToken) =>
        ServeAsync(connection.Stream, connection.Remote.ToString(), connection.Agents, connection.People, cancellationToken);

    /// <summary>Ends the connections of those whose session does not count any more.</summary>
    public Task RecheckAsync(CancellationToken cancellationToken) => Task.WhenAll(_room.All().Select(c => c.RecheckAsync(cancellationToken)));

    /// <summary>After the last connection has ended; waits for what was begun and not finished. A second time does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _stopping.CancelAsync();
        await Task.WhenAll(_unfinished.Keys.Select(t => t.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)));
        _stopping.Dispose();
    }

    private async Task ServeAsync(Stream stream, string remote, bool agents, bool clients, CancellationToken cancellationToken)
    {
        await using var held = stream;
        var options = _room.Options;
        var from = IPEndPoint.TryParse(remote, out var endPoint) ? endPoint.Address : IPAddress.None;
        int connections = Interlocked.Increment(ref _connections);
        bool stranger = false;
        try
        {
            if (connections > options.MaxConnections || !(stranger = _strangers.Enter(from)))
            {
                _room.Gate.Ended("", remote, "too many connections are open");
                return;
            }
            var known = () => (stream as SslStream)?.RemoteCertificate is { } certificate ? _desk.Desks.Agents.Recognize(certificate.GetRawCertData()) : null;
            string agent = agents ? known() ?? "" : "";
            // It goes on as a stranger: an agent whose certificate is over may have a new key.
            if (agents && agent.Length == 0 && stream is SslStream { RemoteCertificate: { } strange }) _desk.Desks.Agents.NoteStrange(strange.GetRawCertData(), remote);
            await using var connection = new AdminConnection(
                stream, remote, agent, new AdminTakes(agents, clients, () => known() == agent), _room, _desk, () =>
                {
                    stranger = false;
                    _strangers.Leave(from);
                });
            string reason = await connection.RunAsync(cancellationToken);
            Keep(connection.Unfinished);
            _room.Gate.Ended(connection.Name, remote, reason);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
            if (stranger) _strangers.Leave(from);
        }
    }

    /// <summary>A connection may end, by what somebody asked over it, before that is finished.</summary>
    private void Keep(Task? work)
    {
        if (work is null or { IsCompleted: true }) return;
        _unfinished[work] = true;
        _ = ForgetAsync(work);
    }

    private async Task ForgetAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The master stops.
        }
        catch (Exception error)
        {
            _room.Gate.Failed("", "a request of a connection that is over", error);
        }
        finally
        {
            _unfinished.TryRemove(work, out _);
        }
    }
}
