using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Quern.MasterHost.Api;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Ports;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// The doors of the farm beside the one for API and pages. What the store has is opened at the start; the API opens and closes
/// more while the farm runs. One change at a time.
/// </summary>
/// <param name="acceptors">For the protocols of <see cref="ListenerProtocols.All"/> that are not HTTP; what this build lacks cannot be opened.</param>
/// <param name="certificate">The farm's own.</param>
internal sealed class ListenerHost(
    FarmStore store, IReadOnlyDictionary<string, IWorkerAcceptor> acceptors, LeafListener leaf, X509Certificate2 certificate, TimeProvider time) : IAsyncDisposable
{
    private readonly SslStreamCertificateContext _certificate = SslStreamCertificateContext.Create(certificate, null, offline: true);
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Replaced as a whole, under the semaphore; readers take what is there.</summary>
    private ImmutableArray<Door> _doors = [];

    private sealed record Door(StoredListener Wanted, OpenDoor? Open, string? Problem);

    /// <summary>Opens everything that is enabled.</summary>
    /// <param name="once">Listeners of this run alone, from the command line; they are not stored.</param>
    /// <returns>What could not be opened, one sentence each.</returns>
    public async Task<ImmutableArray<string>> OpenAllAsync(ImmutableArray<ListenerSetting> once, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var wanted = (await store.ListListenersAsync(cancellationToken)).Where(l => ListenerProtocols.IsKnown(l.Protocol))
                .Concat(once.Select(s => new StoredListener(s.Protocol, s.Address.ToString(), s.Port, true, "command", s.Revisions)));
            var doors = ImmutableArray.CreateBuilder<Door>();
            foreach (var listener in wanted)
            {
                // Named on the command line and in the file: one door, the one that is already open. Port 0 is a new one each time.
                if (listener.Port != 0 && doors.Any(d => d.Wanted.Enabled && d.Wanted.Address == listener.Address && d.Wanted.Port == listener.Port)) continue;
                doors.Add(listener.Enabled ? await OpenAsync(listener, cancellationToken) : new Door(listener, null, null));
            }
            _doors = doors.ToImmutable();
            foreach (var door in _doors.Where(d => d.Open is not null)) await TellAsync(door.Wanted, opened: true, "the farm started", Actor.Farm);
            return [.. _doors.Select(d => d.Problem).OfType<string>()];
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Where the first open door of a protocol is; null when none is open.</summary>
    public IPEndPoint? FirstOpen(string protocol) => _doors.FirstOrDefault(d => d.Wanted.Protocol == protocol && d.Open is not null)?.Open?.EndPoint;

    public ImmutableArray<ListenerModel> List() => [.. _doors.Select(ModelOf)];

    /// <summary>Opens a door and keeps it; null, and why not, when it cannot be had.</summary>
    public async Task<(ListenerModel? Opened, string Problem)> AddAsync(
        string protocol, IPAddress address, int port, string revisions, Actor who, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var listener = new StoredListener(protocol, address.ToString(), port, true, "api", revisions);
            if (_doors.FirstOrDefault(d => Same(d.Wanted, listener)) is { } known)
            {
                if (known.Open is not null) return (null, $"{protocol} already listens on {EndPoints.Text(address, port)}.");
                if (known.Wanted.Origin == "file" && !known.Wanted.Enabled) listener = listener with { Origin = "api" };
            }
            var door = await OpenAsync(listener, cancellationToken);
            if (door.Open is null) return (null, door.Problem ?? "");
            await store.UpsertListenerAsync(listener, who, cancellationToken);
            _doors = [.. _doors.Where(d => !Same(d.Wanted, listener)), door];
            await TellAsync(listener, opened: true, "asked for", who);
            return (ModelOf(door), "");
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Closes a door for good. Null when done, empty when there is none, else why not.</summary>
    public async Task<string?> RemoveAsync(string protocol, IPAddress address, int port, Actor who, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var door = _doors.FirstOrDefault(d => d.Wanted.Protocol == protocol && d.Wanted.Address == address.ToString() &&
                (d.Wanted.Port == port || d.Open?.EndPoint.Port == port));
            if (door is null) return "";
            if (door.Wanted.Origin == "file") return $"The listener belongs to the configuration file (key 'listeners'); take it out there.";
            _doors = _doors.Remove(door);
            await store.RemoveListenerAsync(protocol, door.Wanted.Address, door.Wanted.Port, who, cancellationToken);
            if (door.Open is not null)
            {
                await door.Open.Close();
                await TellAsync(door.Wanted, opened: false, "removed", who);
            }
            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync();
        foreach (var door in _doors)
            if (door.Open is not null) await door.Open.Close();
        _doors = [];
        _one.Dispose();
    }

    private async Task<Door> OpenAsync(StoredListener listener, CancellationToken cancellationToken)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(listener.Address), listener.Port);
        try
        {
            if (listener.Protocol == ListenerProtocols.Leaf) return new Door(listener, await leaf.OpenAsync(endPoint, cancellationToken), null);
            if (!acceptors.ContainsKey(listener.Protocol))
                return new Door(listener, null, $"{listener.Protocol} cannot listen on {endPoint}: this build has no {listener.Protocol} door.");
            var open = WorkerListener.Open(endPoint, SettingsOf(listener), time);
            return new Door(listener, new OpenDoor(open.EndPoint, open.DisposeAsync), null);
        }
        catch (SocketException e)
        {
            return new Door(listener, null, PortProblem.Explain(listener.Protocol, endPoint, e));
        }
    }

    private PortSettings SettingsOf(StoredListener listener) => new(AcceptorOf(listener))
    {
        Tls = listener.Protocol == ListenerProtocols.Admin ? () => TlsTerms.Of(_certificate, older: false, asksWho: true) : null,
    };

    private IWorkerAcceptor AcceptorOf(StoredListener listener) => acceptors[listener.Protocol] switch
    {
        MessagePackAcceptor acceptor => acceptor.Speaking(ListenerRevisions.Of(listener.Revisions)),
        var other => other,
    };

    private Task TellAsync(StoredListener l, bool opened, string reason, Actor who) =>
        store.SaveListenerEventAsync(l.Protocol, l.Address, l.Port, opened, reason, who, CancellationToken.None);

    private static bool Same(StoredListener a, StoredListener b) => a.IsAt(b) && a.Port != 0;

    private static ListenerModel ModelOf(Door door) => new(
        door.Wanted.Protocol, door.Wanted.Address, door.Wanted.Port, door.Wanted.Enabled, door.Wanted.Origin, door.Open?.EndPoint.ToString(), door.Problem)
    {
        Revisions = ListenerRevisions.WordsOf(door.Wanted.Protocol, door.Wanted.Revisions),
    };
}
