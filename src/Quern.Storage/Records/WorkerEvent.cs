using Quern.Model;

namespace Quern.Storage;

/// <summary>A worker came, went or was turned away.</summary>
/// <param name="Kind"><c>connected</c>, <c>disconnected</c> or <c>refused</c>.</param>
/// <param name="Reason">In plain words; may be empty.</param>
/// <param name="Description">What it said about itself; null when it did not get that far.</param>
public sealed record WorkerEvent(WorkerName Worker, DateTimeOffset Time, string Kind, string Reason, WorkerDescription? Description);
