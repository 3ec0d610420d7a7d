namespace Quern.WorkerHost;

/// <summary>Why a link to a master is over, and what follows from it.</summary>
internal abstract record LinkEnd
{
    private LinkEnd(string reason) => Reason = reason;

    /// <summary>In plain words, for the log.</summary>
    public string Reason { get; }

    /// <summary>The connection is gone; the worker comes back.</summary>
    public sealed record Lost(string Why) : LinkEnd(Why);

    /// <summary>
    /// The master does not know this name and password. The connection is left open: the worker waits with it, as stock workers do,
    /// and comes back.
    /// </summary>
    public sealed record Unauthorized(string Why) : LinkEnd(Why);

    /// <summary>The master does not want this worker, for instance because another one of that name answers: the worker ends.</summary>
    public sealed record Expelled(string Why) : LinkEnd(Why);

    /// <summary>This machine cannot do what the master would ask of it: the worker ends.</summary>
    public sealed record Unusable(string Why) : LinkEnd(Why);
}
