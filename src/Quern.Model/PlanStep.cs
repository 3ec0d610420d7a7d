using System.Collections.Immutable;

namespace Quern.Model;

/// <summary>One command of a plan, with what surrounds it.</summary>
/// <param name="Name">What the log and the pages call it, for instance <c>build</c>.</param>
/// <param name="Command">What the worker does.</param>
public sealed record PlanStep(string Name, RemoteCommand Command)
{
    /// <summary>A worker path; when it exists the step is left out (asked with <c>stat</c> just before).</summary>
    public string? UnlessExists { get; init; }

    /// <summary>A condition over earlier steps and the plan's properties (docs/builders.md); the step is left out when it does not hold. Null holds always.</summary>
    public string? If { get; init; }

    /// <summary>Run also after the plan was stopped by a failure or by a cancel (clean-up).</summary>
    public bool Always { get; init; }

    /// <summary>What a failure of the step means for the job; null means <see cref="FailureEffect.Ignore"/> for an <see cref="Always"/> step and <see cref="FailureEffect.Fail"/> for others.</summary>
    public FailureEffect? OnFailure { get; init; }

    /// <summary>Whether steps behind a failure still run; null: a failure that fails the job stops it, another does not.</summary>
    public bool? HaltOnFailure { get; init; }

    /// <summary>The master interrupts the step after so long; null for never. After a cancel no step runs without limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Environment variables of a shell command that get a secret: variable to the secret's name.</summary>
    public ImmutableSortedDictionary<string, string> SecretEnvironment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The secret that a shell command gets on standard input; null for none.</summary>
    public string? SecretInput { get; init; }

    /// <summary>A sentence for people when the step fails with a given exit code, for instance 97 to "cannot sandbox".</summary>
    public ImmutableSortedDictionary<int, string> Explanations { get; init; } = ImmutableSortedDictionary<int, string>.Empty;

    /// <summary><see cref="OnFailure"/> with its default.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public FailureEffect FailureEffect => OnFailure ?? (Always ? FailureEffect.Ignore : FailureEffect.Fail);

    /// <summary><see cref="HaltOnFailure"/> with its default.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HaltsOnFailure => HaltOnFailure ?? FailureEffect == FailureEffect.Fail;
}
