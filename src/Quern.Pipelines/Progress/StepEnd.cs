namespace Quern.Pipelines;

/// <summary>How one step of a running plan ended.</summary>
public abstract record StepEnd
{
    private StepEnd() { }

    public sealed record Succeeded : StepEnd;

    /// <param name="Reason">Why it was left out.</param>
    public sealed record Skipped(string Reason) : StepEnd;

    /// <param name="ExitCode">What its command ended with; null when it did not get that far.</param>
    /// <param name="Reason">One sentence for people.</param>
    public sealed record Failed(int? ExitCode, string Reason) : StepEnd;

    /// <summary>It was interrupted because somebody cancelled the job.</summary>
    public sealed record Cancelled(int? ExitCode) : StepEnd;

    /// <summary>The worker went away.</summary>
    public sealed record Lost(string Reason) : StepEnd;
}
