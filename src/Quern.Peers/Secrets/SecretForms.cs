using System.Globalization;
using System.Text;

namespace Quern.Peers.Secrets;

/// <summary>The forms in which a secret may stand in output: as it is, and as common programs write it.</summary>
internal static class SecretForms
{
    /// <summary>Shorter pieces are not hidden: they would hide ordinary text.</summary>
    public const int MinLength = 4;

    /// <summary>A line of a secret of several lines is hidden on its own from this length on; the whole always is.</summary>
    private const int MinLineLength = 8;

    /// <summary>All forms, without line ends and each once. Matching passes over line ends in the output too.</summary>
    public static IReadOnlyCollection<byte[]> Of(string secret)
    {
        var forms = new HashSet<string>(StringComparer.Ordinal);
        foreach (string part in Parts(secret))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            Add(Latin1(bytes));
            for (int offset = 0; offset < 3; offset++) AddBase64(bytes, offset);
            Add(Convert.ToBase64String(bytes));
            Add(Convert.ToBase64String([.. bytes, (byte)'\n']));   // what 'echo' sends into a pipe
            Add(Escaped(bytes, upper: true, plus: false));
            Add(Escaped(bytes, upper: false, plus: false));
            Add(Escaped(bytes, upper: true, plus: true));
            Add(Convert.ToHexString(bytes));
            Add(Convert.ToHexStringLower(bytes));
            Add(Latin1(Encoding.UTF8.GetBytes(JsonEscaped(part))));
            Add(Latin1(Encoding.UTF8.GetBytes(part.Replace("'", "'\"'\"'", StringComparison.Ordinal))));   // how workers quote words in headers
            Add(Latin1(Encoding.UTF8.GetBytes(part.Replace("'", "'\\''", StringComparison.Ordinal))));      // how shells do under -x
        }
        return [.. forms.Select(Encoding.Latin1.GetBytes)];

        void Add(string form)
        {
            form = form.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
            if (form.Length >= MinLength) forms.Add(form);
        }

        // Where the secret stands inside a longer encoded text, its bytes begin at one of three places of a group; the
        // characters at both ends that also depend on its neighbours are left out.
        void AddBase64(byte[] bytes, int offset)
        {
            byte[] shifted = [.. new byte[offset], .. bytes];
            string text = Convert.ToBase64String(shifted);
            int begin = offset == 0 ? 0 : offset + 1;
            int whole = shifted.Length * 8 / 6;
            if (whole - begin < MinLength) return;
            string middle = text[begin..whole];
            Add(middle);
            Add(middle.Replace('+', '-').Replace('/', '_'));
        }
    }

    private static IEnumerable<string> Parts(string secret)
    {
        yield return secret;
        string[] lines = secret.Split('\n', StringSplitOptions.TrimEntries);
        if (lines.Length == 1) yield break;
        foreach (string line in lines)
            if (line.Length >= MinLineLength) yield return line;
    }

    /// <summary>One character per byte, so that all forms can be handled as texts.</summary>
    private static string Latin1(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static string Escaped(byte[] bytes, bool upper, bool plus)
    {
        var text = new StringBuilder(bytes.Length * 3);
        foreach (byte b in bytes)
        {
            char c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~') text.Append(c);
            else if (plus && c == ' ') text.Append('+');
            else text.Append('%').Append(b.ToString(upper ? "X2" : "x2", CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }

    private static string JsonEscaped(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);
}
