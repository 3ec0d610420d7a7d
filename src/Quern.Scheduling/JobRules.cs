using System.Diagnostics;
using Quern.Model;

namespace Quern.Scheduling;

/// <summary>What follows what in the life of a job. Pure: rows in, decisions out; the store carries them out.</summary>
public static class JobRules
{
    /// <summary>How often a job may be lost before that counts as its failure (architecture: "three times at most").</summary>
    public const int MaxLost = 3;

    /// <summary>Whether a job may go from one state to the other.</summary>
    public static bool MayMove(JobState from, JobState to) => (from, to) switch
    {
        (JobState.Blocked, JobState.Ready or JobState.Skipped or JobState.Cancelled) => true,
        (JobState.Ready, JobState.Running or JobState.Cancelled) => true,
        (JobState.Running, JobState.Succeeded or JobState.Failed or JobState.Cancelled) => true,
        (JobState.Running, JobState.Ready) => true,   // lost
        _ => false,
    };

    /// <summary>What becomes of a running job whose attempt ended.</summary>
    /// <param name="outcome">How the attempt ended.</param>
    /// <param name="lostBefore">How often the job was lost before.</param>
    /// <param name="cancelRequested">Someone asked to cancel it: when lost it is not run again.</param>
    public static AttemptEnd AfterAttempt(BuildOutcome outcome, int lostBefore, bool cancelRequested) => outcome switch
    {
        BuildOutcome.Succeeded succeeded => new AttemptEnd(JobState.Succeeded, succeeded.Warnings, lostBefore) { Warnings = succeeded.Warnings.Length > 0 },
        BuildOutcome.Failed failed => new AttemptEnd(JobState.Failed, failed.Reason, lostBefore)
        {
            ExitCode = failed.ExitCode,
            FailedStep = failed.Step,
        },
        BuildOutcome.Cancelled cancelled => new AttemptEnd(JobState.Cancelled, cancelled.Reason, lostBefore),
        BuildOutcome.Lost lost => AfterLoss(lost.Reason, lostBefore, cancelRequested),
        _ => throw new UnreachableException(),
    };

    /// <summary>What becomes of a depender when one of its needs has ended.</summary>
    /// <param name="need">The finished state of the need.</param>
    /// <param name="needsLeft">Needs of the depender that had not ended before, this one included.</param>
    /// <param name="continueOnFailure">Its batch wants it to run whatever its needs come to.</param>
    public static DependerFate AfterNeed(JobState need, long needsLeft, bool continueOnFailure)
    {
        if (need != JobState.Succeeded && !continueOnFailure) return DependerFate.Skip;
        return needsLeft <= 1 ? DependerFate.Run : DependerFate.Wait;
    }

    /// <summary>What a wish to cancel means for a job in this state.</summary>
    public static CancelStep OnCancel(JobState state) => state switch
    {
        JobState.Blocked or JobState.Ready => CancelStep.AtOnce,
        JobState.Running => CancelStep.AskWorker,
        _ => CancelStep.TooLate,
    };

    /// <summary>Why a depender is skipped, for people.</summary>
    /// <param name="title">The need's title.</param>
    /// <param name="number">The need's running number.</param>
    /// <param name="need">The need's finished state.</param>
    public static string SkipReason(string title, long number, JobState need) => need switch
    {
        JobState.Failed => $"needs {title} (job {number}), which failed",
        JobState.Cancelled => $"needs {title} (job {number}), which was cancelled",
        JobState.Skipped => $"needs {title} (job {number}), which was skipped",
        _ => throw new ArgumentOutOfRangeException(nameof(need), need, "A depender is skipped only for a need that ended badly."),
    };

    private static AttemptEnd AfterLoss(string reason, int lostBefore, bool cancelRequested)
    {
        int lost = lostBefore + 1;
        if (cancelRequested) return new AttemptEnd(JobState.Cancelled, $"cancelled; the attempt was lost: {reason}", lost);
        return lost >= MaxLost
            ? new AttemptEnd(JobState.Failed, $"lost {lost} times, the last time because {reason}", lost)
            : new AttemptEnd(JobState.Ready, $"lost and waiting to run again: {reason}", lost);
    }
}
