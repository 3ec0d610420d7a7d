namespace Quern.Peers.Dispatch;

/// <summary>How a gate holds its jobs.</summary>
public sealed record GateOptions
{
    /// <summary>Names this gate in leases; a restarted gate of the same name declares its old jobs lost at once.</summary>
    public string Node { get; init; } = "gate";

    /// <summary>
    /// How long a claimed job stays ours without renewal. Default one minute: long against a stalled disk, short against
    /// a person waiting for a dead machine's jobs.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);
}
