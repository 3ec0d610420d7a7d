using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Limits and times of the master's MessagePack links.</summary>
public sealed record MessagePackOptions
{
    /// <summary>From the accepted connection to a described worker's name and password.</summary>
    public TimeSpan LoginDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the login to a worker that can take work.</summary>
    public TimeSpan AttachDeadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Length of one message before the worker has described itself; a description holds its whole environment.</summary>
    public int MaxAttachMessageBytes { get; init; } = 256 * 1024;

    /// <summary>Length of one message of a described worker.</summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>What one command may leave waiting for its observer before the connection is no longer read, plus one message.</summary>
    public int MaxWaitingBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes a transfer moves per message when the command does not say.</summary>
    public int BlockBytes { get; init; } = 1024 * 1024;

    /// <summary>Ask a silent worker whether it is there after so long.</summary>
    public TimeSpan KeepaliveInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the answer may take. More than the 90 s for which a stock worker's event loop may be blocked.</summary>
    public TimeSpan AnswerPatience { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The same while a transfer or directory command runs: a stock worker answers nothing while it packs.</summary>
    public TimeSpan BusyPatience { get; init; } = TimeSpan.FromMinutes(10);

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
