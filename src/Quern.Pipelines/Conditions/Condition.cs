using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Quern.Pipelines;

/// <summary>
/// Whether a step runs: a small closed language over outcomes and properties, for instance
/// <c>steps.test == 'failed' and properties.branch in ['main', 'next']</c>. docs/builders.md has its grammar.
/// </summary>
/// <remarks>Pure: it reads the facts it is given and nothing else, and ends in as many steps as it has characters.</remarks>
public sealed class Condition
{
    /// <summary>Longer conditions are refused: they would be programs.</summary>
    public const int MaxLength = 1000;

    private readonly ConditionNode _root;

    private Condition(ConditionNode root, ConditionParser parser) =>
        (_root, Steps, Properties) = (root, [.. parser.Steps], [.. parser.Properties]);

    /// <summary>The steps it names, with the place of each name.</summary>
    public ImmutableArray<(string Name, int Offset)> Steps { get; }

    /// <summary>The properties it names, with the place of each name.</summary>
    public ImmutableArray<(string Name, int Offset)> Properties { get; }

    /// <param name="problem">What is wrong, and where; null on success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Condition? condition, [NotNullWhen(false)] out TextProblem? problem)
    {
        condition = null;
        if (text.Length > MaxLength)
        {
            problem = new TextProblem(MaxLength, $"a condition may have {MaxLength} characters.");
            return false;
        }
        var parser = new ConditionParser(text);
        var root = parser.Parse();
        problem = parser.Problem;
        if (root is null || problem is not null)
        {
            problem ??= new TextProblem(0, "the condition is empty.");
            return false;
        }
        condition = new Condition(root, parser);
        return true;
    }

    public bool Holds(ConditionFacts facts) => _root.Holds(facts);
}
