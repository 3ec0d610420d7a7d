using Quern.Peers.Buildbot;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>A listener as it stands.</summary>
/// <param name="Wanted">As it is stored; with a negative number for one of this run alone.</param>
internal sealed record Door(StoredListener Wanted, ListenerState State)
{
    /// <summary>Null unless it listens.</summary>
    public WorkerListener? Port { get; init; }

    /// <summary>Null without TLS, or when it does not listen.</summary>
    public CertificateSource? Certificate { get; init; }

    /// <summary>Why it could not be opened when that was last tried; else empty.</summary>
    public string Problem { get; init; } = "";

    public DateTimeOffset? Since { get; init; }

    public bool IsOfThisRun => Wanted.Id < 0;

    public string Subject => FarmStore.ListenerSubject(Wanted.Protocol, Wanted.Address, Port?.EndPoint.Port ?? Wanted.Port);
}
