using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>A list of remote commands, run in order on one working place of one worker.</summary>
/// <remarks>Plans are stored as JSON and read again by later versions: members only ever join, each with a default.</remarks>
public sealed record Plan(ImmutableArray<PlanStep> Steps)
{
    /// <summary>The builder it was compiled from; empty for a recipe's plan and for one that was submitted as it is.</summary>
    public string Builder { get; init; } = "";

    /// <summary>What conditions may ask for by <c>properties.NAME</c>.</summary>
    public ImmutableSortedDictionary<string, string> Properties { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}
