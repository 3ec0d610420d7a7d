using System.Collections.Immutable;
using System.Diagnostics;
using Quern.Model;

namespace Quern.Pipelines;

/// <summary>
/// How far a plan has come: which step is next, and what the ends of the steps before mean for it and for the job. Immutable
/// and pure; whoever runs the plan asks <see cref="Next"/>, does what it says and tells the end by <see cref="After"/>.
/// </summary>
public sealed record PlanProgress
{
    private readonly Plan _plan;

    /// <summary>Null entries hold always.</summary>
    private readonly ImmutableArray<Condition?> _conditions;

    private PlanProgress(Plan plan, ImmutableArray<Condition?> conditions) => (_plan, _conditions) = (plan, conditions);

    /// <summary>The index of the next step.</summary>
    public int Position { get; private init; }

    /// <summary>Steps that have ended, by name; of two of one name the later.</summary>
    private ImmutableDictionary<string, StepState> Ended { get; init; } = ImmutableDictionary<string, StepState>.Empty;

    /// <summary>Failure, cancel or loss, whichever came first; null so far.</summary>
    private BuildOutcome? Bad { get; init; }

    /// <summary>Why later steps are left out; null while they run.</summary>
    private string? Stopped { get; init; }

    /// <summary>Sentences of steps that failed with a warning.</summary>
    private ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>The beginning of a plan.</summary>
    /// <exception cref="FormatException">A condition cannot be read; submission refuses such plans.</exception>
    public static PlanProgress Of(Plan plan) => new(plan, [.. plan.Steps.Select(ConditionOf)]);

    /// <param name="cancelled">Somebody has cancelled the job.</param>
    public (PlanProgress Progress, StepChoice Choice) Next(bool cancelled)
    {
        if (cancelled && Stopped is null) return Cancel().Next(false);
        if (Position == _plan.Steps.Length)
            return (this, new StepChoice.Done(Bad ?? new BuildOutcome.Succeeded([]) { Warnings = string.Join(" ", Warnings) }));
        var step = _plan.Steps[Position];
        if (Bad is BuildOutcome.Lost) return (this, new StepChoice.LeaveOut(step, "the worker went away"));
        if (Stopped is not null && !step.Always) return (this, new StepChoice.LeaveOut(step, Stopped));
        if (_conditions[Position]?.Holds(new ConditionFacts(Ended, _plan.Properties, JobSoFar)) == false)
            return (this, new StepChoice.LeaveOut(step, $"its condition does not hold: {step.If}"));
        return (this, new StepChoice.Run(step, Stopped is not null));
    }

    /// <summary>Takes in how the next step ended.</summary>
    /// <returns>The progress behind that step, and the step's own state.</returns>
    public (PlanProgress Progress, StepState State) After(StepEnd end)
    {
        var step = _plan.Steps[Position];
        var (next, state) = end switch
        {
            StepEnd.Succeeded => (this, StepState.Succeeded),
            StepEnd.Skipped => (this, StepState.Skipped),
            // Also a lost clean-up means that nobody knows what the worker did.
            StepEnd.Lost lost => (this with { Bad = Bad ?? new BuildOutcome.Lost(lost.Reason), Stopped = "the worker went away" }, StepState.Lost),
            StepEnd.Cancelled => (Cancel(), StepState.Cancelled),
            StepEnd.Failed failed => AfterFailure(step, failed),
            _ => throw new UnreachableException(),
        };
        return (next with { Position = Position + 1, Ended = Ended.SetItem(step.Name, state) }, state);
    }

    /// <summary>Who cancels a job whose steps still ran wants to read that, whatever failed before.</summary>
    private PlanProgress Cancel() => this with { Bad = new BuildOutcome.Cancelled("cancelled"), Stopped = "the job was cancelled" };

    private (PlanProgress Progress, StepState State) AfterFailure(PlanStep step, StepEnd.Failed failed)
    {
        var next = step.HaltsOnFailure ? this with { Stopped = Stopped ?? $"step '{step.Name}' failed before it" } : this;
        return step.FailureEffect switch
        {
            FailureEffect.Fail => (next with { Bad = Bad ?? new BuildOutcome.Failed(step.Name, failed.ExitCode, failed.Reason) }, StepState.Failed),
            FailureEffect.Warn => (next with { Warnings = Warnings.Add(failed.Reason) }, StepState.Warnings),
            FailureEffect.Ignore => (next, StepState.Failed),
            _ => throw new UnreachableException(),
        };
    }

    private StepState JobSoFar => Bad switch
    {
        BuildOutcome.Cancelled => StepState.Cancelled,
        null => Warnings.IsEmpty ? StepState.Succeeded : StepState.Warnings,
        _ => StepState.Failed,
    };

    private static Condition? ConditionOf(PlanStep step)
    {
        if (step.If is not { } text) return null;
        return Condition.TryParse(text, out var condition, out var problem)
            ? condition
            : throw new FormatException($"The condition of step '{step.Name}' cannot be read: column {problem.Offset + 1}: {problem.Message}");
    }
}
