using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>
/// Reads recipe files (<c>package.bpb</c>).
/// <code>
/// file  = { kv LF | block LF }
/// kv    = key "=" *any                          split at the first "=", value verbatim
/// block = "build=" *any LF *( line LF ) "}"     lines verbatim, up to a line that equals "}"
/// </code>
/// Carriage returns at line ends are dropped. Time and memory are linear in the text and bounded by the limits; no input throws.
/// </summary>
public static class RecipeParser
{
    /// <summary>Reads the lines and checks them.</summary>
    public static RecipeParseResult Parse(ReadOnlySpan<char> text, RecipeLimits? limits = null)
    {
        limits ??= RecipeLimits.Default;
        var problems = new ProblemList(limits.MaxProblems);
        var document = ReadLines(text, limits, problems);
        if (document is null) return new RecipeParseResult(RecipeDocument.Empty, problems.ToImmutable());
        new RecipeChecker(limits, problems).Check(document);
        return new RecipeParseResult(document, problems.ToImmutable());
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, RecipeLimits?)"/>
    public static RecipeParseResult Parse(string text, RecipeLimits? limits = null) => Parse(text.AsSpan(), limits);

    /// <summary>Checks a document that was made or changed by a program.</summary>
    public static ImmutableArray<RecipeProblem> Check(RecipeDocument document, RecipeLimits? limits = null)
    {
        limits ??= RecipeLimits.Default;
        var problems = new ProblemList(limits.MaxProblems);
        new RecipeChecker(limits, problems).Check(document);
        return problems.ToImmutable();
    }

    private static RecipeDocument? ReadLines(ReadOnlySpan<char> text, RecipeLimits limits, ProblemList problems)
    {
        if (text.Length > limits.MaxCharacters)
        {
            problems.Error(1, 1, $"the file has {text.Length} characters; at most {limits.MaxCharacters} are taken.");
            return null;
        }
        text = text.TrimStart('\uFEFF');   // the byte order mark of some editors
        if (text.IsEmpty) return RecipeDocument.Empty;
        bool endsWithLineEnd = text[^1] == '\n';
        if (endsWithLineEnd) text = text[..^1];
        int lineCount = text.Count('\n') + 1;
        if (lineCount > limits.MaxLines)
        {
            problems.Error(1, 1, $"the file has {lineCount} lines; at most {limits.MaxLines} are taken.");
            return null;
        }

        var lines = ImmutableArray.CreateBuilder<RecipeLine>();
        ImmutableArray<string>.Builder? script = null;   // set while inside of a build block
        string opening = "";
        foreach (var range in text.Split('\n'))
        {
            var line = text[range].TrimEnd('\r');
            if (script is not null)
            {
                if (line is not "}")
                {
                    script.Add(line.ToString());
                    continue;
                }
                lines.Add(new RecipeLine.Script(opening, script.ToImmutable(), true));
                script = null;
                continue;
            }
            int equals = line.IndexOf('=');
            if (equals < 0 || line[0] == '#')
            {
                lines.Add(new RecipeLine.Note(line.ToString()));
            }
            else if (line[..equals] is RecipeKeys.Build)
            {
                opening = line[(equals + 1)..].ToString();
                script = ImmutableArray.CreateBuilder<string>();
            }
            else
            {
                lines.Add(new RecipeLine.Entry(line[..equals].ToString(), line[(equals + 1)..].ToString()));
            }
        }
        if (script is not null) lines.Add(new RecipeLine.Script(opening, script.ToImmutable(), false));
        return new RecipeDocument(lines.ToImmutable(), endsWithLineEnd);
    }
}
