using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Limits and times of the master's MessagePack links.</summary>
public sealed record MessagePackOptions : WorkerLinkOptions
{
    /// <summary>What the listener speaks. Revision v1 sends the password in a message, so it is spoken only where it is asked for.</summary>
    public ImmutableArray<BuildbotRevision> Revisions { get; init; } = [BuildbotRevision.V7];

    /// <summary>Length of the message in which a worker of v1 logs in: a name and a password.</summary>
    public int MaxAuthMessageBytes { get; init; } = 16 * 1024;

    /// <summary>Length of one message of a described worker.</summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes a transfer moves per message when the command does not say.</summary>
    public int BlockBytes { get; init; } = 1024 * 1024;

    /// <summary>The <c>Server</c> header of the handshake.</summary>
    public string ServerName { get; init; } = "Quern";

    /// <summary>
    /// For every worker: big messages a second apart at most, and no cut of long lines below 1 Mi characters, because stock workers lose
    /// characters where they cut.
    /// </summary>
    public WorkerSettings Settings { get; init; } = WorkerSettings.Buildbot with
    {
        BufferSize = 256 * 1024,
        BufferTimeout = TimeSpan.FromSeconds(1),
        MaxLineLength = 1024 * 1024,
    };
}
