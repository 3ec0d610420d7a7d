namespace Quern.Pipelines;

/// <summary>Cuts a condition into tokens, one at a time.</summary>
internal sealed class ConditionLexer(string text)
{
    private int _at;

    public ConditionToken Next()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
        int start = _at;
        if (_at == text.Length) return new ConditionToken(ConditionToken.Kinds.End, "", start);
        char c = text[_at];
        if (IsWord(c))
        {
            while (_at < text.Length && IsWord(text[_at])) _at++;
            return new ConditionToken(ConditionToken.Kinds.Word, text[start.._at], start);
        }
        if (c is '\'' or '"') return Quoted(c, start);
        int length = text.AsSpan(_at) switch
        {
            ['=' or '!', '=', ..] => 2,
            ['(' or ')' or '[' or ']' or ',' or '.', ..] => 1,
            _ => 0,
        };
        if (length == 0) return new ConditionToken(ConditionToken.Kinds.Wrong, c.ToString(), start);
        _at += length;
        return new ConditionToken(ConditionToken.Kinds.Sign, text[start.._at], start);
    }

    /// <summary>No escapes: a text with one kind of quote in it stands between the other kind.</summary>
    private ConditionToken Quoted(char quote, int start)
    {
        int close = text.IndexOf(quote, start + 1);
        if (close < 0)
        {
            _at = text.Length;
            return new ConditionToken(ConditionToken.Kinds.Wrong, quote.ToString(), start);
        }
        _at = close + 1;
        return new ConditionToken(ConditionToken.Kinds.Text, text[(start + 1)..close], start);
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
