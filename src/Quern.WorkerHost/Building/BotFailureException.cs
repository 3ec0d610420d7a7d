namespace Quern.WorkerHost;

/// <summary>A build, or a root, cannot be had; the connection is sound.</summary>
/// <param name="reason">A sentence for the log of the job.</param>
internal sealed class BotFailureException(string reason) : Exception(reason);
