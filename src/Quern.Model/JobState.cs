namespace Quern.Model;

/// <summary>
/// The life of a job: <c>blocked → ready → running → succeeded | failed | cancelled | skipped</c>. A lost job goes back
/// from running to ready.
/// </summary>
public enum JobState
{
    Blocked,
    Ready,
    Running,
    Succeeded,
    Failed,
    Cancelled,
    Skipped,
}

/// <summary>Words and classes of <see cref="JobState"/>.</summary>
public static class JobStates
{
    /// <summary>True once nothing changes any more.</summary>
    public static bool IsFinished(this JobState state) => state >= JobState.Succeeded;

    /// <summary>The word that is stored, sent and shown: the lower-case name.</summary>
    public static string Word(this JobState state) => state switch
    {
        JobState.Blocked => "blocked",
        JobState.Ready => "ready",
        JobState.Running => "running",
        JobState.Succeeded => "succeeded",
        JobState.Failed => "failed",
        JobState.Cancelled => "cancelled",
        JobState.Skipped => "skipped",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static bool TryParse(string? word, out JobState state)
    {
        foreach (var candidate in Enum.GetValues<JobState>())
        {
            if (candidate.Word() == word)
            {
                state = candidate;
                return true;
            }
        }
        state = default;
        return false;
    }
}
