using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Pipelines;

/// <summary>What a condition is asked about.</summary>
/// <param name="Steps">The steps that have ended, by name.</param>
/// <param name="Properties">All properties of the plan.</param>
/// <param name="Job">How the job stands so far: succeeded, warnings, failed or cancelled.</param>
public sealed record ConditionFacts(
    ImmutableDictionary<string, StepState> Steps, ImmutableSortedDictionary<string, string> Properties, StepState Job);
