using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Quern.WorkerHost;

/// <summary>Cuts a <c>buildbot.tac</c>, which is a Python program, into logical lines of tokens.</summary>
internal sealed class TacLexer(string text)
{
    private int _at;
    private int _line = 1;

    /// <summary>All lines that say something; a problem for each that cannot be cut.</summary>
    public List<TacLine> Lines(List<string> problems)
    {
        var lines = new List<TacLine>();
        while (_at < text.Length)
        {
            int number = _line, start = _at;
            try
            {
                if (NextLine() is { } line) lines.Add(line);
            }
            catch (TacSyntaxException e)
            {
                problems.Add($"line {number}: {e.Message}: {SourceAt(start)}");
                SkipToEnd();
            }
        }
        return lines;
    }

    private TacLine? NextLine()
    {
        int start = _at, number = _line;
        while (_at < text.Length && text[_at] is ' ' or '\t') _at++;
        int indent = _at - start, depth = 0;
        var tokens = ImmutableArray.CreateBuilder<TacToken>();
        while (_at < text.Length)
        {
            char c = text[_at];
            if (c == '#') SkipComment();
            else if (c == '\n')
            {
                _at++;
                _line++;
                if (depth == 0) break;
            }
            else if (c is ' ' or '\t' or '\r' or '\f') _at++;
            else if (c == '\\' && IsLineEnd(_at + 1)) SkipToEnd();
            else
            {
                var token = Next();
                if (token is { Kind: TacTokenKind.Symbol, Text: "(" or "[" or "{" }) depth++;
                if (token is { Kind: TacTokenKind.Symbol, Text: ")" or "]" or "}" }) depth--;
                tokens.Add(token);
            }
        }
        if (depth > 0) throw new TacSyntaxException("a bracket is not closed");
        return tokens.Count == 0 ? null : new TacLine(number, indent, tokens.ToImmutable(), SourceAt(start));
    }

    private TacToken Next()
    {
        char c = text[_at];
        if (char.IsLetter(c) || c == '_')
        {
            string word = While(w => char.IsLetterOrDigit(w) || w == '_');
            return _at < text.Length && text[_at] is '\'' or '"' && IsPrefix(word)
                ? new TacToken(TacTokenKind.Text, Quoted(raw: word.Contains('r', StringComparison.OrdinalIgnoreCase)))
                : new TacToken(TacTokenKind.Name, word);
        }
        if (char.IsAsciiDigit(c)) return new TacToken(TacTokenKind.Number, While(n => char.IsAsciiLetterOrDigit(n) || n is '.' or '_'));
        if (c is '\'' or '"') return new TacToken(TacTokenKind.Text, Quoted(raw: false));
        string symbol = text.AsSpan(_at).StartsWith("==", StringComparison.Ordinal) || text.AsSpan(_at).StartsWith("!=", StringComparison.Ordinal)
            ? text.Substring(_at, 2)
            : c.ToString();
        _at += symbol.Length;
        return new TacToken(TacTokenKind.Symbol, symbol);
    }

    private static bool IsPrefix(string word) => word.ToLowerInvariant() is "r" or "u" or "b" or "ur" or "br" or "rb";

    private string Quoted(bool raw)
    {
        char quote = text[_at];
        string end = text.AsSpan(_at).StartsWith(new string(quote, 3), StringComparison.Ordinal) ? new string(quote, 3) : quote.ToString();
        _at += end.Length;
        var value = new StringBuilder();
        while (!text.AsSpan(_at).StartsWith(end, StringComparison.Ordinal))
        {
            if (_at >= text.Length || (text[_at] == '\n' && end.Length == 1)) throw new TacSyntaxException("a string is not closed");
            if (text[_at] == '\n') _line++;
            if (text[_at] == '\\' && _at + 1 < text.Length) Escape(value, raw);
            else value.Append(text[_at++]);
        }
        _at += end.Length;
        return value.ToString();
    }

    private void Escape(StringBuilder value, bool raw)
    {
        char c = text[_at + 1];
        _at += 2;
        if (c == '\n') _line++;
        if (raw)
        {
            value.Append('\\').Append(c);
            return;
        }
        switch (c)
        {
            case '\n': break;
            case 'n': value.Append('\n'); break;
            case 't': value.Append('\t'); break;
            case 'r': value.Append('\r'); break;
            case 'a': value.Append('\a'); break;
            case 'b': value.Append('\b'); break;
            case 'f': value.Append('\f'); break;
            case 'v': value.Append('\v'); break;
            case 'x': AppendCode(value, 2); break;
            case 'u': AppendCode(value, 4); break;
            case 'U': AppendCode(value, 8); break;
            case >= '0' and <= '7': AppendOctal(value, c); break;
            case '\\' or '\'' or '"': value.Append(c); break;
            default: value.Append('\\').Append(c); break;   // as Python: an unknown escape stays as it is
        }
    }

    private void AppendCode(StringBuilder value, int digits)
    {
        if (_at + digits > text.Length
            || !uint.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code)
            || !Rune.IsValid(code))
            throw new TacSyntaxException("an escape in a string is wrong");
        value.Append(new Rune(code).ToString());
        _at += digits;
    }

    private void AppendOctal(StringBuilder value, char first)
    {
        int code = first - '0';
        for (int i = 0; i < 2 && _at < text.Length && text[_at] is >= '0' and <= '7'; i++) code = code * 8 + text[_at++] - '0';
        value.Append((char)code);
    }

    private string While(Func<char, bool> wanted)
    {
        int start = _at;
        while (_at < text.Length && wanted(text[_at])) _at++;
        return text[start.._at];
    }

    private void SkipComment()
    {
        while (_at < text.Length && text[_at] != '\n') _at++;
    }

    private void SkipToEnd()
    {
        SkipComment();
        if (_at >= text.Length) return;
        _at++;
        _line++;
    }

    private bool IsLineEnd(int at) => at < text.Length && (text[at] == '\n' || (text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n'));

    private string SourceAt(int start)
    {
        int end = text.IndexOf('\n', start);
        return (end < 0 ? text[start..] : text[start..end]).Trim();
    }
}
