namespace Quern.Protocols.Branch.Recipes;

/// <summary>Something wrong in a recipe file.</summary>
/// <param name="Line">Line in the file, from 1.</param>
/// <param name="Column">Character in the line, from 1.</param>
public sealed record RecipeProblem(int Line, int Column, RecipeSeverity Severity, string Message)
{
    /// <summary><c>3:14: error: …</c>, the form in which compilers and editors name a place.</summary>
    public override string ToString() => $"{Line}:{Column}: {(Severity == RecipeSeverity.Error ? "error" : "warning")}: {Message}";
}
