using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>Collects problems up to a bound and counts the rest.</summary>
internal sealed class ProblemList(int max)
{
    private readonly List<RecipeProblem> _problems = [];

    /// <summary>Problems beyond the bound; errors among them are remembered, since an error must never get lost.</summary>
    private int _unlisted;

    private bool _unlistedError;

    /// <summary>True when a further problem is only counted, so its message need not be worked out.</summary>
    public bool IsFull => _problems.Count >= max;

    public void Error(int line, int column, string message) => Add(line, column, RecipeSeverity.Error, message);

    public void Warning(int line, int column, string message) => Add(line, column, RecipeSeverity.Warning, message);

    public ImmutableArray<RecipeProblem> ToImmutable()
    {
        // A stable sort: problems of one place stay in the order in which they were found.
        var sorted = _problems.OrderBy(p => p.Line).ThenBy(p => p.Column);
        if (_unlisted == 0) return [.. sorted];
        var severity = _unlistedError ? RecipeSeverity.Error : RecipeSeverity.Warning;
        return [.. sorted, new RecipeProblem(1, 1, severity, $"{_unlisted} further problems are not listed.")];
    }

    private void Add(int line, int column, RecipeSeverity severity, string message)
    {
        if (!IsFull)
        {
            _problems.Add(new RecipeProblem(line, column, severity, message));
            return;
        }
        _unlisted++;
        _unlistedError |= severity == RecipeSeverity.Error;
    }
}
