namespace Quern.Protocols.Branch.Recipes;

/// <summary>Where a name of a solution file stands.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public readonly record struct SolutionPlace(int Line, int Column);
