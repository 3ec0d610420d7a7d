using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>
/// An ordered batch as a file: one step per line, names separated by <c>;</c>. Names are trimmed, empty ones dropped; a line
/// without names and a line whose first name starts with <c>#</c> is no step.
/// </summary>
/// <param name="Steps">Names of each step, in order; no step is empty.</param>
public sealed record SolutionFile(ImmutableArray<ImmutableArray<string>> Steps, ImmutableArray<RecipeProblem> Problems)
{
    /// <summary>Where each name of <see cref="Steps"/> stands, in the same shape.</summary>
    public ImmutableArray<ImmutableArray<SolutionPlace>> Places { get; init; } = [];

    public bool HasErrors => Problems.Any(p => p.Severity == RecipeSeverity.Error);

    /// <summary>Reads the text; never throws. A file that breaks a limit has no steps and an error.</summary>
    public static SolutionFile Parse(string text, RecipeLimits? limits = null)
    {
        limits ??= RecipeLimits.Default;
        var problems = new ProblemList(limits.MaxProblems);
        if (text.Length > limits.MaxCharacters || text.AsSpan().Count('\n') >= limits.MaxLines)
        {
            problems.Error(1, 1, $"the file is too large; at most {limits.MaxCharacters} characters and {limits.MaxLines} lines are taken.");
            return new SolutionFile([], problems.ToImmutable());
        }
        var steps = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        var places = ImmutableArray.CreateBuilder<ImmutableArray<SolutionPlace>>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var (names, at) = ReadStep(line, number, seen, problems);
            if (names.IsEmpty) continue;
            steps.Add(names);
            places.Add(at);
        }
        if (steps.Count == 0) problems.Warning(1, 1, "no line names a package.");
        return new SolutionFile(steps.ToImmutable(), problems.ToImmutable()) { Places = places.ToImmutable() };
    }

    /// <summary>Cleans steps that came as arrays over the wire by the same rules; what is no name stays for the caller to refuse.</summary>
    public static ImmutableArray<ImmutableArray<string>> Clean(IEnumerable<IEnumerable<string>> steps) =>
    [
        .. steps.Select(s => s.Select(n => n.Trim()).Where(n => n.Length > 0).ToImmutableArray())
            .Where(s => !s.IsEmpty && !s[0].StartsWith('#')),
    ];

    private static (ImmutableArray<string> Names, ImmutableArray<SolutionPlace> Places) ReadStep(
        string line, int number, Dictionary<string, int> seen, ProblemList problems)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        var places = ImmutableArray.CreateBuilder<SolutionPlace>();
        int offset = 0;
        foreach (string piece in line.Split(';'))
        {
            string name = piece.Trim();
            int column = offset + piece.Length - piece.TrimStart().Length + 1;
            offset += piece.Length + 1;
            if (name.Length == 0) continue;
            if (names.Count == 0 && name.StartsWith('#')) return ([], []);
            if (!RecipeText.IsName(name))
                problems.Error(number, column, $"not a package name; it has {RecipeText.NameRule}.");
            else if (!seen.TryAdd(name, number))
                problems.Warning(number, column, $"'{name}' stands already on line {seen[name]} and is built again.");
            names.Add(name);
            places.Add(new SolutionPlace(number, column));
        }
        return (names.ToImmutable(), places.ToImmutable());
    }
}
