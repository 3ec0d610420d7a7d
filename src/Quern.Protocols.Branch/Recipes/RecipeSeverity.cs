namespace Quern.Protocols.Branch.Recipes;

/// <summary>Whether a recipe can be taken in spite of a problem.</summary>
public enum RecipeSeverity
{
    /// <summary>The recipe is usable, but perhaps not as meant.</summary>
    Warning,

    /// <summary>The recipe cannot be taken.</summary>
    Error,
}
