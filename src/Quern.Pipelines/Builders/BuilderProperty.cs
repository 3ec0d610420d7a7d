using System.Collections.Immutable;

namespace Quern.Pipelines;

/// <summary>A value that each run of a builder may set.</summary>
/// <param name="Name">See <see cref="PropertyNames"/>.</param>
/// <param name="Default">What it is when a run does not say; null when every run must.</param>
public sealed record BuilderProperty(string Name, string? Default)
{
    /// <summary>Longest value, in characters.</summary>
    public const int MaxValue = 4096;

    public string Description { get; init; } = "";

    /// <summary>The only values it takes; empty for any.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>Null when it may have this value; else a sentence.</summary>
    public string? Refuse(string value)
    {
        if (value.Length > MaxValue) return $"the value of '{Name}' has over {MaxValue} characters.";
        if (value.Contains('\0', StringComparison.Ordinal)) return $"the value of '{Name}' holds a NUL, which no program can be given.";
        return Choices.IsEmpty || Choices.Contains(value) ? null : $"'{Name}' must be one of {string.Join(", ", Choices)}, not '{value}'.";
    }
}
