namespace Quern.Scheduling;

/// <summary>What a wish to cancel a job leads to.</summary>
public enum CancelStep
{
    /// <summary>Not started: it is cancelled in the store alone.</summary>
    AtOnce,

    /// <summary>Running: its gate must interrupt the worker.</summary>
    AskWorker,

    /// <summary>Finished: nothing changes.</summary>
    TooLate,
}
