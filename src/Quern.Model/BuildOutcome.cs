using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>How one attempt at a job ended.</summary>
public abstract record BuildOutcome
{
    private BuildOutcome() { }

    public sealed record Succeeded(ImmutableArray<ProducedArtifact> Artifacts) : BuildOutcome
    {
        /// <summary>Which steps failed with no more than a warning, in one sentence; empty when none did.</summary>
        public string Warnings { get; init; } = "";
    }

    /// <param name="Step">The step that failed, or empty when no step had run.</param>
    /// <param name="ExitCode">What the step's command ended with; null when it did not get that far.</param>
    /// <param name="Reason">One sentence for people.</param>
    public sealed record Failed(string Step, int? ExitCode, string Reason) : BuildOutcome;

    public sealed record Cancelled(string Reason) : BuildOutcome;

    /// <summary>The farm's fault, not the job's: it runs again.</summary>
    public sealed record Lost(string Reason) : BuildOutcome;
}

/// <summary>A blob that a job made, already whole and on disk.</summary>
public sealed record ProducedArtifact(Sha256Hash Sha256, long Bytes)
{
    /// <summary>32 lower-case hexadecimal digits, for package managers that check with it; empty when it is not known. Quern never relies on it.</summary>
    public string Md5 { get; init; } = "";
}
