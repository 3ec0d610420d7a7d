using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quern.MasterHost.Configuration;

/// <summary>Finds the place in the file of a character inside a value.</summary>
/// <param name="text">The file; empty when it is not at hand, which makes places in blocks less exact.</param>
internal sealed class YamlPlace(string text)
{
    private readonly string[] _lines = text.Split('\n');

    /// <summary>The place of a character; the beginning of the value where folding makes that unclear.</summary>
    /// <param name="node">The value.</param>
    /// <param name="offset">In characters of the value, from 0.</param>
    public Mark Of(YamlScalarNode node, int offset)
    {
        var start = node.Start;
        string value = node.Value ?? "";
        if (node.Style == ScalarStyle.Literal)
        {
            string before = value[..Math.Min(offset, value.Length)];
            int line = before.Count(c => c == '\n');
            int inLine = before.Length - (before.LastIndexOf('\n') + 1);
            string written = value.Split('\n')[line];
            long at = start.Line + 1 + line;
            int indent = at <= _lines.Length ? Math.Max(0, _lines[at - 1].IndexOf(written, StringComparison.Ordinal)) : 0;
            return new Mark(start.Index, at, indent + inLine + 1);
        }
        if (start.Line != node.End.Line || node.Style == ScalarStyle.Folded) return start;
        int quote = node.Style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted ? 1 : 0;
        return new Mark(start.Index + quote + offset, start.Line, start.Column + quote + offset);
    }
}
