namespace Quern.Model;

/// <summary>Where one step of an attempt stands: <c>running → succeeded | warnings | failed | cancelled | lost</c>, or <c>skipped</c>.</summary>
public enum StepState
{
    Running,
    Succeeded,

    /// <summary>It failed, and its plan says that this is only worth a warning.</summary>
    Warnings,

    Failed,

    /// <summary>It was left out; its reason says why.</summary>
    Skipped,

    Cancelled,

    /// <summary>The worker went away while it ran.</summary>
    Lost,
}

/// <summary>Words of <see cref="StepState"/>.</summary>
public static class StepStates
{
    /// <summary>The words of steps that have ended, which conditions compare with.</summary>
    public static System.Collections.Immutable.ImmutableArray<string> EndWords { get; } =
        [.. Enum.GetValues<StepState>().Where(s => s is not StepState.Running).Select(Word)];

    /// <summary>The word that is stored, sent and shown: the lower-case name.</summary>
    public static string Word(this StepState state) => state switch
    {
        StepState.Running => "running",
        StepState.Succeeded => "succeeded",
        StepState.Warnings => "warnings",
        StepState.Failed => "failed",
        StepState.Skipped => "skipped",
        StepState.Cancelled => "cancelled",
        StepState.Lost => "lost",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static bool TryParse(string? word, out StepState state)
    {
        foreach (var candidate in Enum.GetValues<StepState>())
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
