namespace Quern.WorkerHost;

/// <summary>
/// One connection to a master, whatever the protocol. Life: made when the connection stands; <see cref="ServeAsync"/> once, until it is
/// over; disposed. What the master asks for goes to the session; <see cref="AskForShutdownAsync"/> may be called at any time.
/// </summary>
internal interface IMasterLink : IAsyncDisposable
{
    /// <summary>Logs in where the protocol has a login of its own, then serves the master. Tells the session when it has joined. Never throws for what the master does.</summary>
    /// <param name="session">Runs the commands.</param>
    /// <param name="cancellationToken">Ends the connection.</param>
    Task<LinkEnd> ServeAsync(WorkerSession session, CancellationToken cancellationToken);

    /// <summary>Asks the master to give no more work and to end the worker when what runs has ended.</summary>
    /// <returns>Null when the master agreed, else why it cannot be asked.</returns>
    Task<string?> AskForShutdownAsync();
}
