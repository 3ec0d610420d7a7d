using Quern.Model;

namespace Quern.Pipelines;

/// <summary>One step of a builder.</summary>
/// <param name="Name">1 to 100 characters, unique in its builder.</param>
/// <param name="Action">What it does.</param>
public sealed record BuilderStep(string Name, StepAction Action)
{
    /// <summary>A <see cref="Condition"/> that was read without a mistake; null for none.</summary>
    public string? If { get; init; }

    /// <summary>Runs also after a failure or a cancel.</summary>
    public bool AlwaysRun { get; init; }

    public FailureEffect OnFailure { get; init; }

    /// <summary>A failure stops the steps behind it, except those that always run.</summary>
    public bool HaltOnFailure { get; init; } = true;

    /// <summary>In all; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The folder that relative worker paths of the step start at, and that a program runs in; below the builder's folder.</summary>
    public Template WorkingDirectory { get; init; } = Template.Empty;
}
