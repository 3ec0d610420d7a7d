using Quern.Model;

namespace Quern.Pipelines;

/// <summary>What comes next in a running plan.</summary>
public abstract record StepChoice
{
    private StepChoice() { }

    /// <param name="Step">The step to run.</param>
    /// <param name="CleaningUp">The plan was stopped already: the step runs to its end, or to its limit, whoever cancels.</param>
    public sealed record Run(PlanStep Step, bool CleaningUp) : StepChoice;

    /// <param name="Step">The step to leave out.</param>
    /// <param name="Reason">Why, for people.</param>
    public sealed record LeaveOut(PlanStep Step, string Reason) : StepChoice;

    /// <summary>No step is left.</summary>
    /// <param name="Outcome">How the plan ended; success without artifacts.</param>
    public sealed record Done(BuildOutcome Outcome) : StepChoice;
}
