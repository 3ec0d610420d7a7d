using System.Collections.Immutable;

namespace Quern.WorkerHost;

/// <summary>
/// Reads a <c>buildbot.tac</c> without executing it: imports, assignments of values, the few calls that templates of every age of
/// Buildbot make, <c>if A == B:</c>, <c>try:</c>. Anything else is named with its line.
/// </summary>
internal sealed class TacReader
{
    private readonly TacEvaluator _evaluator;
    private readonly List<string> _problems = [];
    private int? _skipDeeperThan;   // the indent of a heading whose block is not executed; null outside of one

    private TacReader(TacEvaluator evaluator) => _evaluator = evaluator;

    /// <param name="text">The file.</param>
    /// <param name="path">Its absolute path, <c>__file__</c> of the program.</param>
    /// <param name="environment">The variables that the file may ask for.</param>
    /// <param name="problems">What could not be read, each with its line; empty on success.</param>
    /// <returns>Null when there are problems.</returns>
    public static TacFile? TryRead(string text, string path, Func<string, string?> environment, out ImmutableArray<string> problems)
    {
        var reader = new TacReader(new TacEvaluator(path, environment));
        foreach (var line in new TacLexer(text).Lines(reader._problems))
        {
            try
            {
                reader.Execute(line);
            }
            catch (TacSyntaxException e)
            {
                if (!e.Follows) reader._problems.Add($"line {line.Number}: {e.Message}");
                if (line.Tokens is [{ Kind: TacTokenKind.Name } name, var equals, ..] && equals.Is("=")) reader._evaluator.Assign(name.Text, new TacValue.Unknown());
            }
        }
        if (reader._problems.Count == 0 && reader._evaluator.Worker is null)
            reader._problems.Add("no line constructs a Worker or a BuildSlave");
        problems = [.. reader._problems];
        return problems.IsEmpty ? reader._evaluator.Worker! with { Log = reader._evaluator.Log } : null;
    }

    private void Execute(TacLine line)
    {
        if (line.Indent > _skipDeeperThan) return;
        _skipDeeperThan = null;
        var first = line.Tokens[0];
        var second = line.Tokens.Length > 1 ? line.Tokens[1] : default;
        if (first.Kind is TacTokenKind.Name)
        {
            switch (first.Text)
            {
                case "import" or "from" or "pass":
                    return;
                case "if":
                    if (!Condition(line)) _skipDeeperThan = line.Indent;
                    return;
                case "try" when second.Is(":") && line.Tokens.Length == 2:
                    return;
                case "except" when line.Tokens[^1].Is(":"):
                    _skipDeeperThan = line.Indent;
                    return;
            }
            if (second.Is("="))
            {
                var assigned = new TacExpression(line.Tokens, 2, _evaluator);
                _evaluator.Assign(first.Text, assigned.Read());
                if (!assigned.AtEnd) throw Unreadable(line);
                return;
            }
            var statement = new TacExpression(line.Tokens, 0, _evaluator);
            // A bare name or a call that gives a value does nothing; only calls whose effect we know count as read.
            if (second.Is(".") || second.Is("("))
            {
                if (statement.Read() is TacValue.Opaque && statement.AtEnd) return;
            }
        }
        else if (first.Kind is TacTokenKind.Text && line.Tokens.Length == 1)
        {
            return;   // a string that documents the file
        }
        throw Unreadable(line);
    }

    private bool Condition(TacLine line)
    {
        var expression = new TacExpression(line.Tokens, 1, _evaluator);
        var left = expression.Read();
        bool equal = expression.Take("==");
        if (!equal && !expression.Take("!=")) throw Unreadable(line);
        var right = expression.Read();
        if (!expression.Take(":") || !expression.AtEnd) throw Unreadable(line);
        return left.Equals(right) == equal;
    }

    private static TacSyntaxException Unreadable(TacLine line) => new($"cannot read: {line.Source}");
}
