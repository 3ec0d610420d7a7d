using Quern.Peers.Recipes;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Cli.Import.Branch;

/// <summary>A recipe of the old master.</summary>
/// <param name="Name">As the old master calls it; not checked.</param>
/// <param name="Reading">What our own reader makes of it.</param>
/// <param name="Text">The file, of a master that kept files; null for one that kept rows.</param>
internal sealed record OldRecipe(string Name, RecipeReading Reading, string? Text)
{
    /// <summary>Columns of the table <c>pkgbuilds</c> (Branch, section "package storage").</summary>
    public static readonly string[] Columns =
        ["name", "real_version", "version", "source", "extra_sources", "description", "dependencies", "build_dependencies", "cross_dependencies", "buildscript"];

    /// <summary>A row with <see cref="Columns"/>: lists in brackets, the script's lines joined by line feeds.</summary>
    public static OldRecipe OfRow(OldRow row)
    {
        string[] script = row.Text(9).Split('\n');
        // One of the controllers sent the end of the block with it.
        if (script is [.., "}"]) script = script[..^1];
        if (script is [""]) script = [];
        var build = new BranchPackageBuild
        {
            Name = row.Text(0),
            RealVersion = row.Text(1),
            Version = row.Text(2),
            // The original writes a source that is not there as Python's word for nothing.
            Source = row.Text(3) is "None" ? "" : row.Text(3),
            ExtraSources = RecipeList.Read(row.Text(4)),
            Description = row.Text(5).ReplaceLineEndings(" "),
            Dependencies = RecipeList.Read(row.Text(6)),
            BuildDependencies = RecipeList.Read(row.Text(7)),
            CrossDependencies = RecipeList.Read(row.Text(8)),
            BuildScript = [.. script.Select(l => l.TrimEnd('\r'))],
        };
        return new OldRecipe(build.Name, RecipeTranslation.Read(build), null);
    }

    public static OldRecipe OfFile(string name, string text) => new(name, RecipeTranslation.Read(text), text);

    /// <summary>Why it cannot be a recipe here; null when it can.</summary>
    public string? Refusal()
    {
        if (Reading.Recipe is { } recipe)
            return recipe.Name.Value == Name ? null : $"its file names the package '{recipe.Name}'";
        var errors = Reading.Problems.Where(p => p.Severity == RecipeSeverity.Error).ToArray();
        string more = errors.Length > 1 ? $" (and {errors.Length - 1} more)" : "";
        return Text is null ? errors[0].Message + more : $"{errors[0].Line}:{errors[0].Column}: {errors[0].Message}{more}";
    }
}
