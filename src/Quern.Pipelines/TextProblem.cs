using System.Collections.Immutable;

namespace Quern.Pipelines;

/// <summary>What is wrong at one place of a text.</summary>
/// <param name="Offset">In characters from 0.</param>
/// <param name="Message">One or two sentences.</param>
public sealed record TextProblem(int Offset, string Message)
{
    /// <summary>The word that was not known, for a guess at what was meant; empty when there is none.</summary>
    public string Typed { get; init; } = "";

    /// <summary>What could have been meant.</summary>
    public ImmutableArray<string> Known { get; init; } = [];
}
