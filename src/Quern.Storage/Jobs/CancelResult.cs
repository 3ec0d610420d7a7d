using Quern.Model;

namespace Quern.Storage;

/// <summary>What a wish to cancel did.</summary>
public abstract record CancelResult
{
    private CancelResult() { }

    /// <summary>It had not started and never will; its dependers are skipped.</summary>
    public sealed record Cancelled : CancelResult;

    /// <summary>It runs; its gate is told to interrupt it and will complete it as cancelled.</summary>
    public sealed record Requested : CancelResult;

    /// <summary>Too late: it has finished, or it runs and only a job that waits was to be cancelled.</summary>
    public sealed record AlreadyFinished(JobState State) : CancelResult;

    public sealed record NotFound : CancelResult;
}
