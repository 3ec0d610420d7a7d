using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Quern.WorkerHost;

/// <summary>Reads one expression and evaluates it on the way: values, names, attributes, calls, and <c>+</c> between texts.</summary>
internal sealed class TacExpression(ImmutableArray<TacToken> tokens, int start, TacEvaluator evaluator)
{
    private const int MaxDepth = 32;

    private int _at = start;
    private int _depth;

    public bool AtEnd => _at == tokens.Length;

    public TacValue Read()
    {
        if (++_depth > MaxDepth) throw new TacSyntaxException("brackets are nested too deep");
        var value = ReadOne();
        while (Take("+"))
        {
            var right = ReadOne();
            value = (value, right) switch
            {
                (TacValue.Text a, TacValue.Text b) => new TacValue.Text(a.Value + b.Value),
                (TacValue.Integer a, TacValue.Integer b) => new TacValue.Integer(unchecked(a.Value + b.Value)),
                _ => throw new TacSyntaxException($"cannot add {value.Kind} and {right.Kind}"),
            };
        }
        _depth--;
        return value;
    }

    public bool Take(string symbol)
    {
        if (!Peek.Is(symbol)) return false;
        _at++;
        return true;
    }

    private TacToken Peek => _at < tokens.Length ? tokens[_at] : default;

    private TacValue ReadOne()
    {
        var token = Peek;
        _at++;
        return token.Kind switch
        {
            TacTokenKind.Text => ReadTrailers(ReadText(token)),
            TacTokenKind.Number => new TacValue.Integer(Number(token.Text)),
            TacTokenKind.Name => ReadTrailers(evaluator.Name(token.Text)),
            TacTokenKind.Symbol when token.Text == "-" && Peek.Kind is TacTokenKind.Number => Negative(),
            TacTokenKind.Symbol when token.Text == "(" => Bracket(),
            TacTokenKind.End => throw new TacSyntaxException("the line ends where a value should stand"),
            _ => throw new TacSyntaxException($"cannot read '{token.Text}' where a value should stand"),
        };
    }

    private TacValue.Text ReadText(TacToken first)
    {
        var text = new StringBuilder(first.Text);
        for (; Peek.Kind is TacTokenKind.Text; _at++) text.Append(Peek.Text);   // neighbours are one string
        return new TacValue.Text(text.ToString());
    }

    private TacValue.Integer Negative()
    {
        _at++;
        return new TacValue.Integer(-Number(tokens[_at - 1].Text));
    }

    private TacValue Bracket()
    {
        var value = Read();
        Need(")");
        return ReadTrailers(value);
    }

    private TacValue ReadTrailers(TacValue value)
    {
        while (true)
        {
            if (Take("."))
            {
                var name = Peek;
                if (name.Kind is not TacTokenKind.Name) throw new TacSyntaxException("a name must follow a dot");
                _at++;
                value = TacEvaluator.Attribute(value, name.Text);
            }
            else if (Take("("))
            {
                var (positional, named) = ReadArguments();
                value = evaluator.Call(value, positional, named);
            }
            else if (Take("["))
            {
                var key = Read();
                Need("]");
                value = evaluator.Item(value, key);
            }
            else
            {
                return value;
            }
        }
    }

    private (List<TacValue> Positional, Dictionary<string, TacValue> Named) ReadArguments()
    {
        var positional = new List<TacValue>();
        var named = new Dictionary<string, TacValue>(StringComparer.Ordinal);
        while (!Take(")"))
        {
            if (Peek.Kind is TacTokenKind.Name && _at + 1 < tokens.Length && tokens[_at + 1].Is("="))
            {
                string name = Peek.Text;
                _at += 2;
                if (!named.TryAdd(name, Read())) throw new TacSyntaxException($"'{name}' stands twice");
            }
            else
            {
                positional.Add(Read());
            }
            if (!Take(",") && !Peek.Is(")")) throw new TacSyntaxException("a comma or a bracket is missing in a call");
        }
        return (positional, named);
    }

    private void Need(string symbol)
    {
        if (!Take(symbol)) throw new TacSyntaxException($"'{symbol}' is missing");
    }

    private static long Number(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        int radix = digits switch
        {
            ['0', 'x', ..] => 16,
            ['0', 'o', ..] => 8,
            ['0', 'b', ..] => 2,
            ['0', _, ..] when !digits.Contains('.') => -8,   // 022: octal without a letter, as Python 2 had it
            _ => 10,
        };
        string body = radix is 10 ? digits.TrimEnd('l') : radix == -8 ? digits[1..] : digits[2..];
        try
        {
            if (radix == 10 && decimal.TryParse(body, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
                && value == decimal.Truncate(value)) return (long)value;
            if (radix != 10) return Convert.ToInt64(body, Math.Abs(radix));
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            // Said below.
        }
        throw new TacSyntaxException($"'{text}' is no whole number");
    }
}
