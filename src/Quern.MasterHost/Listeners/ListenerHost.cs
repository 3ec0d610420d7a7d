using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Peers.Buildbot;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// The doors of the farm: holds what is open and lets one change happen at a time. What the store has is opened at the start;
/// <see cref="ListenerDesk"/> changes it while the farm runs.
/// </summary>
internal sealed partial class ListenerHost : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly FarmStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<ListenerHost> _logger;

    /// <summary>Replaced as a whole, under the semaphore; readers take what is there.</summary>
    private ImmutableArray<Door> _doors = [];

    public ListenerHost(FarmStore store, CertificateShelf certificates, TimeProvider time, ILogger<ListenerHost> logger)
    {
        (_store, _time, _logger, Certificates) = (store, time, logger, certificates);
        Leaving = new LeavingPorts(time);
        Opener = new PortOpener(certificates, TellOfCertificate, time);
    }

    public CertificateShelf Certificates { get; }

    public PortOpener Opener { get; }

    public LeavingPorts Leaving { get; }

    public ImmutableArray<Door> Doors => _doors;

    /// <summary>Says who serves which protocol, before anything is opened: those who serve may want to know of the doors themselves.</summary>
    public void Speak(ImmutableDictionary<string, IWorkerAcceptor> acceptors) => Opener.Acceptors = acceptors;

    /// <summary>Where the first open door of a protocol is that needs no TLS; null when none is open.</summary>
    public IPEndPoint? FirstPlain(string protocol) =>
        _doors.FirstOrDefault(d => d.Wanted.Protocol == protocol && d.Wanted.Tls.Kind == StoredTls.None.Kind && d.Port is not null)?.Port?.EndPoint;

    /// <summary>Opens everything that is enabled. What came through the API and cannot be opened is a door that failed.</summary>
    /// <param name="once">Listeners of this run alone, from the command line; they are not stored.</param>
    /// <returns>What the file or the command line wants and cannot be opened, one sentence each.</returns>
    public Task<ImmutableArray<string>> OpenAllAsync(ImmutableArray<ListenerSetting> once, CancellationToken cancellationToken) =>
        ChangeAsync(async () =>
        {
            var wanted = (await _store.ListListenersAsync(cancellationToken)).Where(l => ListenerProtocols.IsKnown(l.Protocol))
                .Concat(once.Select((s, i) => OfThisRun(s, "command", -1 - i)));
            var problems = ImmutableArray.CreateBuilder<string>();
            foreach (var listener in wanted)
            {
                // Named on the command line and in the file: one door, the one that is already open. Port 0 is a new one each time.
                if (listener.Port != 0 && _doors.Any(d => d.Wanted.Enabled && d.Wanted.Address == listener.Address && d.Wanted.Port == listener.Port)) continue;
                if (!listener.Enabled) Put(new Door(listener, ListenerState.Inactive));
                else if (await StartAsync(listener) is { } problem) problems.Add(problem);
            }
            return problems.ToImmutable();
        }, cancellationToken);

    /// <summary>Opens the one door that API and pages always have. Null when it is open, else why not.</summary>
    /// <param name="origin"><c>file</c> or <c>command</c>.</param>
    public Task<string?> OpenMainAsync(IPEndPoint http, string origin, CancellationToken cancellationToken) =>
        ChangeAsync(() =>
        {
            int number = Math.Min(0, _doors.Select(d => d.Wanted.Id).DefaultIfEmpty(0).Min()) - 1;
            var listener = OfThisRun(new ListenerSetting(ListenerProtocols.Http, http.Address, http.Port), origin, number) with { Name = FreeName("main") };
            var opening = Opener.Open(listener);
            if (opening is PortOpening.Opened opened) Put(DoorOf(listener, opened));
            return Task.FromResult((opening as PortOpening.Refused)?.Why);
        }, cancellationToken);

    public Door DoorOf(StoredListener listener, PortOpening.Opened opened) =>
        new(listener, ListenerState.Listening) { Port = opened.Port, Certificate = opened.Certificate, Since = _time.GetUtcNow() };

    /// <summary>Does something to the doors while nobody else does.</summary>
    public async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            return await change();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Adds a door or puts it in the place of the one with its number. Only within <see cref="ChangeAsync"/>.</summary>
    public void Put(Door door)
    {
        var before = _doors.FirstOrDefault(d => d.Wanted.Id == door.Wanted.Id);
        _doors = before is null ? _doors.Add(door) : _doors.Replace(before, door);
    }

    /// <summary>Reads anew whose the doors are: an account that is gone has handed them over.</summary>
    public Task RefreshOwnersAsync(CancellationToken cancellationToken) => ChangeAsync(async () =>
    {
        var owners = (await _store.ListListenersAsync(cancellationToken)).ToDictionary(l => l.Id, l => l.Owner);
        _doors = [.. _doors.Select(d => owners.TryGetValue(d.Wanted.Id, out string? owner) ? d with { Wanted = d.Wanted with { Owner = owner } } : d)];
        return true;
    }, cancellationToken);

    /// <inheritdoc cref="Put"/>
    public void Remove(Door door) => _doors = _doors.RemoveAll(d => d.Wanted.Id == door.Wanted.Id);

    public Task TellAsync(string kind, Door door, string reason, Actor who) =>
        _store.SaveListenerEventAsync(kind, door.Subject, reason, who, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync();
        await Task.WhenAll(_doors.Select(d => d.Port?.DisposeAsync().AsTask() ?? Task.CompletedTask));
        _doors = [];
        await Leaving.DisposeAsync();
        _one.Dispose();
    }

    /// <summary>Opens a door at the start. Not null: why the farm cannot start.</summary>
    private async Task<string?> StartAsync(StoredListener listener)
    {
        var opening = Opener.Open(listener);
        if (opening is PortOpening.Refused refused)
        {
            var failed = new Door(listener, ListenerState.Failed) { Problem = refused.Why };
            Put(failed);
            if (listener.Origin != "api") return refused.Why;
            Log.NotOpened(_logger, listener.Name, refused.Why);
            await TellAsync(EventKinds.ListenerFailed, failed, refused.Why, Actor.Farm);
            return null;
        }
        var door = DoorOf(listener, (PortOpening.Opened)opening);
        Put(door);
        await TellAsync(EventKinds.ListenerOpened, door, "the farm started", Actor.Farm);
        return null;
    }

    private StoredListener OfThisRun(ListenerSetting setting, string origin, int number) =>
        new(setting.Protocol, setting.Address.ToString(), setting.Port, true, origin, setting.Revisions)
        {
            Id = number,
            Name = FreeName($"{origin}{number}"),
            Tls = setting.Protocol == ListenerProtocols.Admin ? new StoredTls("farm") : StoredTls.None,
        };

    private string FreeName(string stem)
    {
        string name = stem;
        for (int i = 2; _doors.Any(d => d.Wanted.Name.Equals(name, StringComparison.OrdinalIgnoreCase)); i++) name = FormattableString.Invariant($"{stem}-{i}");
        return name;
    }

    private void TellOfCertificate(StoredListener listener, string text)
    {
        Log.CertificateChanged(_logger, listener.Name, text);
        _ = KeepAsync(listener, text);
    }

    private async Task KeepAsync(StoredListener listener, string text)
    {
        try
        {
            await _store.SaveListenerEventAsync(
                EventKinds.ListenerCertificate, FarmStore.ListenerSubject(listener.Protocol, listener.Address, listener.Port), text, Actor.Farm, CancellationToken.None);
        }
        catch (Exception e)
        {
            // Nobody waits for this; the certificate is what it is all the same.
            Log.EventNotKept(_logger, listener.Name, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3401, LogLevel.Warning, "The listener {Listener} was not opened: {Reason}")]
        public static partial void NotOpened(ILogger logger, string listener, string reason);

        [LoggerMessage(3402, LogLevel.Warning, "Listener {Listener}: {What}.")]
        public static partial void CertificateChanged(ILogger logger, string listener, string what);

        [LoggerMessage(3403, LogLevel.Warning, "What became of the certificate of {Listener} could not be kept.")]
        public static partial void EventNotKept(ILogger logger, string listener, Exception error);
    }
}
