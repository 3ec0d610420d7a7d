using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>A list of remote commands, run in order on one working place of one worker.</summary>
public sealed record Plan(ImmutableArray<PlanStep> Steps);

/// <summary>One command of a plan, with what surrounds it.</summary>
/// <param name="Name">What the log and the pages call it, for instance <c>build</c>.</param>
/// <param name="Command">What the worker does.</param>
public sealed record PlanStep(string Name, RemoteCommand Command)
{
    /// <summary>A worker path; when it exists the step is left out (asked with <c>stat</c> just before).</summary>
    public string? UnlessExists { get; init; }

    /// <summary>Run also after an earlier step failed (clean-up). Its own failure does not change the outcome.</summary>
    public bool Always { get; init; }

    /// <summary>A sentence for people when the step fails with a given exit code, for instance 97 to "cannot sandbox".</summary>
    public ImmutableSortedDictionary<int, string> Explanations { get; init; } = ImmutableSortedDictionary<int, string>.Empty;
}
