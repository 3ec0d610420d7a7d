using System.Globalization;
using System.Text;

namespace Quern.WorkerHost;

/// <summary>Texts as Python writes them in a program.</summary>
internal static class PythonRepr
{
    /// <summary><c>None</c> for null.</summary>
    public static string Of(string? text)
    {
        if (text is null) return "None";
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var result = new StringBuilder().Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            int code = rune.Value;
            if (code == quote || code == '\\') result.Append('\\').Append((char)code);
            else if (code == '\n') result.Append("\\n");
            else if (code == '\r') result.Append("\\r");
            else if (code == '\t') result.Append("\\t");
            else if (code >= ' ' && code != 0x7F && IsPrintable(rune)) result.Append(rune.ToString());
            else if (code <= 0xFF) result.Append(CultureInfo.InvariantCulture, $"\\x{code:x2}");
            else if (code <= 0xFFFF) result.Append(CultureInfo.InvariantCulture, $"\\u{code:x4}");
            else result.Append(CultureInfo.InvariantCulture, $"\\U{code:x8}");
        }
        return result.Append(quote).ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
