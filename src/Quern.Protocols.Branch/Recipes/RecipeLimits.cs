namespace Quern.Protocols.Branch.Recipes;

/// <summary>
/// Bounds of a recipe file. Recipes are written by hand and have tens of lines; the defaults leave room for generated
/// ones and keep what a stranger's file can cost at a few megabytes.
/// </summary>
public sealed record RecipeLimits
{
    public static RecipeLimits Default { get; } = new();

    public int MaxCharacters { get; init; } = 1 << 20;

    public int MaxLines { get; init; } = 30_000;

    public int MaxLineCharacters { get; init; } = 1 << 16;

    /// <summary>Items of one list.</summary>
    public int MaxItems { get; init; } = 4_096;

    /// <summary>Problems reported for one file; what comes after is counted in one last problem.</summary>
    public int MaxProblems { get; init; } = 100;
}
