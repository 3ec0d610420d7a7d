using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>
/// The worker's object for one working place. Workers run one command in it at a time and silently kill it when another
/// comes, so a command holds it to its end.
/// </summary>
/// <param name="place">Its name and its folder below the worker's base directory.</param>
internal sealed class WorkerBuilder(string place)
{
    public string Place => place;

    /// <summary>Null until the worker has made it. Written by <see cref="BuilderBook"/> under its lock.</summary>
    public RemoteReference? Reference { get; set; }

    /// <summary>Whether it was told that a build begins. The holder of the turn writes it.</summary>
    public bool IsStarted { get; set; }

    /// <summary>Commands that run in it or wait for it. Under the book's lock.</summary>
    public int Users { get; set; }

    /// <summary>Held by the command that runs in it.</summary>
    public SemaphoreSlim Turn { get; } = new(1);
}
