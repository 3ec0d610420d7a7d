using System.Globalization;
using System.Text;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>Values as Python prints them: the headers of a stock worker are full of them.</summary>
internal static class PythonText
{
    /// <summary><c>b'echo hi'</c></summary>
    public static string Bytes(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public static string Bytes(ReadOnlySpan<byte> bytes)
    {
        char quote = bytes.Contains((byte)'\'') && !bytes.Contains((byte)'"') ? '"' : '\'';
        var result = new StringBuilder(bytes.Length + 3).Append('b').Append(quote);
        foreach (byte b in bytes)
        {
            if (b is >= 0x7F) result.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
            else AppendEscaped(result, (char)b, quote);
        }
        return result.Append(quote).ToString();
    }

    /// <summary><c>[b'sh', b'-c', b'exit 3']</c></summary>
    public static string BytesList(IEnumerable<string> words) => $"[{string.Join(", ", words.Select(w => Bytes(w)))}]";

    /// <summary>The form inside containers: text quoted, names of constants as Python writes them.</summary>
    public static string Repr(WireValue value) => value switch
    {
        WireValue.Nil => "None",
        WireValue.Boolean b => b.Value ? "True" : "False",
        WireValue.Integer i => i.Value.ToString(CultureInfo.InvariantCulture),
        WireValue.Float f => Float(f.Value),
        WireValue.Text t => Text(t.Value),
        WireValue.Binary b => Bytes(b.Value.Span),
        WireValue.List l => $"[{string.Join(", ", l.Items.Select(Repr))}]",
        WireValue.Map m => $"{{{string.Join(", ", m.Entries.Select(e => $"{Text(e.Key)}: {Repr(e.Value)}"))}}}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The form <c>str()</c> gives: text as it is, all else as <see cref="Repr"/>.</summary>
    public static string Str(WireValue value) => value switch
    {
        WireValue.Text t => t.Value,
        WireValue.Binary b => Encoding.UTF8.GetString(b.Value.Span),
        _ => Repr(value),
    };

    private static string Text(string text)
    {
        char quote = Quote(text);
        var result = new StringBuilder(text.Length + 2).Append(quote);
        foreach (char c in text)
        {
            if (c is >= '\u007f' and < '\u00a1' or '\u00ad') result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else AppendEscaped(result, c, quote);
        }
        return result.Append(quote).ToString();
    }

    private static char Quote(string text) => text.Contains('\'') && !text.Contains('"') ? '"' : '\'';

    private static void AppendEscaped(StringBuilder result, char c, char quote)
    {
        if (c == '\\' || c == quote) result.Append('\\').Append(c);
        else if (c == '\n') result.Append("\\n");
        else if (c == '\r') result.Append("\\r");
        else if (c == '\t') result.Append("\\t");
        else if (c < ' ') result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
        else result.Append(c);
    }

    private static string Float(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny(".EN∞") >= 0 ? text : text + ".0";
    }
}
