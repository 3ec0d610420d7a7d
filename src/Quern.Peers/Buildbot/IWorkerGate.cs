using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Buildbot;

/// <summary>What the acceptors of all protocols ask of the farm.</summary>
public interface IWorkerGate
{
    /// <summary>
    /// Whether a worker may log in. A refusal should take the same time for a wrong name as for a wrong password. The answer may have to wait
    /// for its turn: <see cref="WorkerLinkOptions.CheckDeadline"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled, or the same worker came again while it waited.</exception>
    ValueTask<bool> CheckAsync(WorkerName name, string password, CancellationToken cancellationToken);

    /// <summary>
    /// The same for a login that proves the password without sending it, as Perspective Broker's does: is
    /// <paramref name="response"/> the answer to <paramref name="challenge"/>?
    /// </summary>
    ValueTask<bool> CheckAsync(
        WorkerName name, ReadOnlyMemory<byte> challenge, ReadOnlyMemory<byte> response, CancellationToken cancellationToken);

    /// <summary>Folders that a worker of this name has for its working places, one for each slot.</summary>
    ImmutableArray<string> PlacesOf(WorkerName name);

    /// <summary>A worker is attached and takes work. The acceptor disposes the link when it has closed.</summary>
    ValueTask AttachedAsync(IWorkerLink link);

    /// <summary>A login was refused. The name is only what the peer claims.</summary>
    /// <param name="remote">Where it came from.</param>
    void Refused(WorkerName name, string remote);

    /// <summary>A worker did what it may not. It was refused; its connection goes on, or ends with a reason of its own.</summary>
    /// <param name="name">Null when it has not logged in.</param>
    /// <param name="remote">Where it came from.</param>
    /// <param name="what">In words that go on after the name; without control characters, at most 300.</param>
    void Trespassed(WorkerName? name, string remote, string what);

    /// <summary>A connection ended, or never became a link.</summary>
    /// <param name="name">Null when it did not come to a name.</param>
    /// <param name="remote">Where it came from.</param>
    /// <param name="reason">In plain words.</param>
    void Ended(WorkerName? name, string remote, string reason);
}
