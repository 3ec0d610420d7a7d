using Quern.Model;

namespace Quern.Scheduling;

/// <summary>How a submitted job starts its life.</summary>
/// <param name="State">Blocked, ready or skipped.</param>
/// <param name="NeedsLeft">Needs that have not ended yet; above 0 exactly when blocked.</param>
/// <param name="Reason">Why it is skipped; empty otherwise.</param>
public sealed record FirstState(JobState State, int NeedsLeft, string Reason);
