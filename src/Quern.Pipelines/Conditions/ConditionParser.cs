using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Pipelines;

/// <summary>
/// Reads one condition by recursive descent; the first mistake ends it.
/// <code>
/// or      = and { "or" and }
/// and     = not { "and" not }
/// not     = "not" not | "(" or ")" | "true" | "false" | compare
/// compare = value ( "==" | "!=" ) value | value [ "not" ] "in" "[" text { "," text } "]"
/// value   = text | "job" | ( "steps" | "properties" ) ( "." word | "[" text "]" )
/// </code>
/// </summary>
internal sealed class ConditionParser
{
    /// <summary>Deeper nesting is refused, so that reading never runs out of stack.</summary>
    private const int MaxDepth = 32;

    private static readonly ImmutableArray<string> Beginnings = ["steps", "properties", "job", "not", "true", "false"];
    private static readonly ImmutableArray<string> JobWords = ["succeeded", "warnings", "failed", "cancelled"];

    private readonly ConditionLexer _lexer;
    private ConditionToken _token;
    private int _depth;

    public ConditionParser(string text)
    {
        _lexer = new ConditionLexer(text);
        _token = _lexer.Next();
    }

    /// <summary>The first mistake; null so far.</summary>
    public TextProblem? Problem { get; private set; }

    public List<(string Name, int Offset)> Steps { get; } = [];

    public List<(string Name, int Offset)> Properties { get; } = [];

    /// <summary>Null when there was a mistake, which <see cref="Problem"/> tells.</summary>
    public ConditionNode? Parse()
    {
        if (_token.Kind == ConditionToken.Kinds.End) return null;
        var root = Or();
        if (root is not null && _token.Kind != ConditionToken.Kinds.End)
            return Wrong<ConditionNode>("'and', 'or' or the end", ["and", "or"]);
        return root;
    }

    private ConditionNode? Or()
    {
        var left = And();
        while (left is not null && Take("or"))
            left = And() is { } right ? new ConditionNode.Or(left, right) : null;
        return left;
    }

    private ConditionNode? And()
    {
        var left = Not();
        while (left is not null && Take("and"))
            left = Not() is { } right ? new ConditionNode.And(left, right) : null;
        return left;
    }

    private ConditionNode? Not()
    {
        if (_depth == MaxDepth) return Fail<ConditionNode>(_token.Offset, $"more than {MaxDepth} levels of 'not' and parentheses.");
        _depth++;
        try
        {
            if (Take("not")) return Not() is { } inner ? new ConditionNode.Not(inner) : null;
            if (Take("true")) return new ConditionNode.Constant(true);
            if (Take("false")) return new ConditionNode.Constant(false);
            if (!Take("(")) return Compare();
            var group = Or();
            return group is null || Take(")") ? group : Wrong<ConditionNode>("')'");
        }
        finally
        {
            _depth--;
        }
    }

    private ConditionNode? Compare()
    {
        var began = _token;
        if (Value() is not { } left) return null;
        if (Take("==")) return Equal(left);
        if (Take("!=")) return Equal(left) is { } equal ? new ConditionNode.Not(equal) : null;
        bool negated = Take("not");
        if (Take("in")) return List(left) is { } list ? negated ? new ConditionNode.Not(list) : list : null;
        if (_token.Kind is ConditionToken.Kinds.End && !negated)
        {
            return Fail<ConditionNode>(began.Offset, left is ConditionValue.Step or ConditionValue.Job
                ? "an outcome alone is no condition; compare it, as in: == 'failed'."
                : "a text alone is no condition; compare it, as in: == 'yes'.");
        }
        return Wrong<ConditionNode>("'==', '!=' or 'in'", ["in"]);
    }

    private ConditionNode.OneOf? Equal(ConditionValue left)
    {
        int at = _token.Offset;
        return Value() is { } right && Fits(left, right, at) ? new ConditionNode.OneOf(left, [right]) : null;
    }

    private ConditionNode.OneOf? List(ConditionValue left)
    {
        if (!Take("[")) return Wrong<ConditionNode.OneOf>("'['");
        var candidates = ImmutableArray.CreateBuilder<ConditionValue>();
        do
        {
            var text = _token;
            if (text.Kind != ConditionToken.Kinds.Text) return Wrong<ConditionNode.OneOf>("a text in quotes");
            Advance();
            var candidate = new ConditionValue.Text(text.Text);
            if (!Fits(left, candidate, text.Offset)) return null;
            candidates.Add(candidate);
        }
        while (Take(","));
        return Take("]") ? new ConditionNode.OneOf(left, candidates.ToImmutable()) : Wrong<ConditionNode.OneOf>("',' or ']'");
    }

    private ConditionValue? Value()
    {
        var token = _token;
        if (token.Kind == ConditionToken.Kinds.Text)
        {
            Advance();
            return new ConditionValue.Text(token.Text);
        }
        if (Take("job")) return new ConditionValue.Job();
        if (Take("steps")) return Named(Steps) is { } step ? new ConditionValue.Step(step) : null;
        if (Take("properties")) return Named(Properties) is { } property ? new ConditionValue.Property(property) : null;
        return Wrong<ConditionValue>("steps.NAME, properties.NAME, job or a text in quotes", Beginnings);
    }

    private string? Named(List<(string Name, int Offset)> into)
    {
        bool bracket = Take("[");
        if (!bracket && !Take(".")) return Wrong<string>("'.NAME' or \"['NAME']\"");
        var name = _token;
        if (name.Kind != (bracket ? ConditionToken.Kinds.Text : ConditionToken.Kinds.Word)) return Wrong<string>(bracket ? "a name in quotes" : "a name");
        Advance();
        if (bracket && !Take("]")) return Wrong<string>("']'");
        into.Add((name.Text, name.Offset));
        return name.Text;
    }

    /// <summary>Whether two values can be compared at all: a mistyped outcome would never be equal, and nobody would be told.</summary>
    private bool Fits(ConditionValue left, ConditionValue right, int rightAt)
    {
        if (left is ConditionValue.Text && right is not ConditionValue.Text) return Fits(right, left, rightAt);
        bool outcome = left is ConditionValue.Step or ConditionValue.Job;
        if (outcome && right is ConditionValue.Text word)
        {
            var words = left is ConditionValue.Job ? JobWords : StepStates.EndWords;
            if (words.Contains(word.Value)) return true;
            string subject = left is ConditionValue.Job ? "the job" : "a step";
            Problem ??= new TextProblem(rightAt, $"'{word.Value}' is no outcome of {subject}; there are {string.Join(", ", words)}.") { Typed = word.Value, Known = words };
            return false;
        }
        if (outcome == (right is ConditionValue.Step or ConditionValue.Job)) return true;
        Problem ??= new TextProblem(rightAt, "an outcome and a property are never equal; compare each with a text.");
        return false;
    }

    private bool Take(string text)
    {
        if (!_token.Is(text)) return false;
        Advance();
        return true;
    }

    private void Advance() => _token = _lexer.Next();

    private T? Wrong<T>(string expected, ImmutableArray<string> known = default) where T : class
    {
        Problem ??= _token is { Kind: ConditionToken.Kinds.Wrong, Text: "'" or "\"" }
            ? new TextProblem(_token.Offset, "the quote is never closed.")
            : new TextProblem(_token.Offset, $"expected {expected}, found {_token.Shown}.")
            {
                Typed = _token.Kind == ConditionToken.Kinds.Word ? _token.Text : "",
                Known = known.IsDefault ? [] : known,
            };
        return null;
    }

    private T? Fail<T>(int offset, string message) where T : class
    {
        Problem ??= new TextProblem(offset, message);
        return null;
    }
}
