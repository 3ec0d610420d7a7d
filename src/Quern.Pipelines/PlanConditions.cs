using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Pipelines;

/// <summary>What conditions of a plan may name: steps before their own, and properties that the plan has.</summary>
public static class PlanConditions
{
    /// <summary>The first mistake in the conditions of a plan; null when there is none.</summary>
    /// <returns>The step's index, and what is wrong at which place of its condition.</returns>
    public static (int Step, TextProblem Problem)? Refuse(Plan plan)
    {
        var names = ImmutableArray.CreateRange(plan.Steps, s => s.Name);
        for (int i = 0; i < plan.Steps.Length; i++)
            if (plan.Steps[i].If is { } text && Refuse(text, names, i, plan.Properties.Keys) is { } problem) return (i, problem);
        return null;
    }

    /// <param name="text">The condition.</param>
    /// <param name="steps">The names of all steps, in order.</param>
    /// <param name="own">The index of the step that has the condition.</param>
    /// <param name="properties">The names of all properties.</param>
    public static TextProblem? Refuse(string text, ImmutableArray<string> steps, int own, IEnumerable<string> properties)
    {
        if (!Condition.TryParse(text, out var condition, out var problem)) return problem;
        foreach (var (name, offset) in condition.Steps)
        {
            int at = steps.IndexOf(name);
            if (at >= 0 && at < own) continue;
            string message = at < 0 ? $"there is no step '{name}' before this one."
                : at == own ? "the condition looks at its own step, which would wait for itself in a circle; a condition looks at steps before its own."
                : $"step '{name}' comes later, so the two would wait for each other in a circle; a condition looks at steps before its own.";
            return new TextProblem(offset, message) { Typed = at < 0 ? name : "", Known = [.. steps.Take(own)] };
        }
        foreach (var (name, offset) in condition.Properties)
        {
            if (properties.Contains(name)) continue;
            return new TextProblem(offset, $"the property '{name}' is never declared.") { Typed = name, Known = [.. properties] };
        }
        return null;
    }
}
