using Quern.Model;

namespace Quern.Scheduling;

/// <summary>Where a job stands after an attempt.</summary>
/// <param name="State">A finished state, or <see cref="JobState.Ready"/> when it runs again.</param>
/// <param name="Reason">One sentence for people; empty on success without warnings.</param>
/// <param name="Lost">How often the job has been lost by now.</param>
public sealed record AttemptEnd(JobState State, string Reason, int Lost)
{
    /// <summary>The failed step's exit code; null when there is none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The failed step's name, or empty.</summary>
    public string FailedStep { get; init; } = "";

    /// <summary>It succeeded although a step failed; the reason says which.</summary>
    public bool Warnings { get; init; }
}
