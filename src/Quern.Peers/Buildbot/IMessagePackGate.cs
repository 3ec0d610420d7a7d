using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Buildbot;

/// <summary>What the acceptor asks of the farm.</summary>
public interface IMessagePackGate
{
    /// <summary>Whether a worker may log in. Must take the same time for a wrong name as for a wrong password.</summary>
    ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken);

    /// <summary>Folders that a worker of this name has for its working places, one for each slot.</summary>
    ImmutableArray<string> PlacesOf(WorkerName name);

    /// <summary>A worker is attached and takes work. The acceptor disposes the link when it has closed.</summary>
    ValueTask AttachedAsync(MessagePackLink link);

    /// <summary>A login was refused. The name is only what the peer claims.</summary>
    /// <param name="remote">Where it came from.</param>
    void Refused(WorkerName name, string remote);

    /// <summary>A connection ended, or never became a link.</summary>
    /// <param name="name">Null when it did not come to a name.</param>
    /// <param name="remote">Where it came from.</param>
    /// <param name="reason">In plain words.</param>
    void Ended(WorkerName? name, string remote, string reason);
}
