namespace Quern.Peers.Buildbot;

/// <summary>Limits and times that the links of both Buildbot protocols have in common.</summary>
public abstract record WorkerLinkOptions
{
    private protected WorkerLinkOptions() { }

    /// <summary>From the accepted connection to a worker's name and password.</summary>
    public TimeSpan LoginDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From a name and password to the answer: after a master's start many may wait in line to be checked.</summary>
    public TimeSpan CheckDeadline { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>From the login to a worker that can take work.</summary>
    public TimeSpan AttachDeadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Length of one message before the worker has described itself; a description holds its whole environment.</summary>
    public int MaxAttachMessageBytes { get; init; } = 256 * 1024;

    /// <summary>What one command may leave waiting for its observer before the connection is no longer read, plus one message.</summary>
    public int MaxWaitingBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Ask a silent worker whether it is there after so long.</summary>
    public TimeSpan KeepaliveInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the answer may take. More than the 90 s for which a stock worker's event loop may be blocked.</summary>
    public TimeSpan AnswerPatience { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The same while a transfer or directory command runs: a stock worker answers nothing while it packs.</summary>
    public TimeSpan BusyPatience { get; init; } = TimeSpan.FromMinutes(10);
}
