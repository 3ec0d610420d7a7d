using System.Text;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>Writes recipe files.</summary>
public static class RecipePrinter
{
    /// <summary>The file as it was read, with line feeds alone as line ends.</summary>
    public static string Print(RecipeDocument document)
    {
        var text = new StringBuilder();
        foreach (var line in document.Lines)
        {
            switch (line)
            {
                case RecipeLine.Entry entry:
                    text.Append(entry.Key).Append('=').Append(entry.Value).Append('\n');
                    break;
                case RecipeLine.Note note:
                    text.Append(note.Text).Append('\n');
                    break;
                case RecipeLine.Script script:
                    AppendScript(text, script.Opening, script.Lines);
                    if (script.Closed) text.Append("}\n");
                    break;
            }
        }
        if (text.Length > 0 && !document.EndsWithLineEnd) text.Length--;
        return text.ToString();
    }

    /// <summary>
    /// The file as the original Branch programs write it and as the strictest of them reads it: the ten keys, each once, no
    /// comment, no line without <c>=</c>, no line end after the last <c>}</c>. Quern's own keys are left out.
    /// </summary>
    public static string PrintForBranch(RecipeDocument document) => PrintForBranch(document.ToPackageBuild());

    /// <inheritdoc cref="PrintForBranch(RecipeDocument)"/>
    public static string PrintForBranch(BranchPackageBuild build)
    {
        var text = new StringBuilder();
        void Line(string key, string value) => text.Append(key).Append('=').Append(value).Append('\n');
        Line(RecipeKeys.Name, build.Name);
        Line(RecipeKeys.Version, build.Version);
        Line(RecipeKeys.Description, build.Description);
        Line(RecipeKeys.RealVersion, build.RealVersion);
        Line(RecipeKeys.Source, build.Source);
        Line(RecipeKeys.ExtraSources, RecipeList.Write(build.ExtraSources));
        Line(RecipeKeys.Dependencies, RecipeList.Write(build.Dependencies));
        Line(RecipeKeys.BuildDependencies, RecipeList.Write(build.BuildDependencies));
        Line(RecipeKeys.CrossDependencies, RecipeList.Write(build.CrossDependencies));
        AppendScript(text, "{", build.BuildScript);
        return text.Append('}').ToString();
    }

    private static void AppendScript(StringBuilder text, string opening, IEnumerable<string> lines)
    {
        text.Append(RecipeKeys.Build).Append('=').Append(opening).Append('\n');
        foreach (string line in lines) text.Append(line).Append('\n');
    }
}
