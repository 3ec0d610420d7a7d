using System.Text;

namespace Quern.Archives;

/// <summary>The script that a recipe's lines become.</summary>
public static class RecipeScript
{
    /// <summary>
    /// The lines as one script: each stripped of leading and trailing blanks as Branch bots do, between <c>set -e</c> and
    /// <c>set +e</c>. Branch protocol, "Build environment on the bot".
    /// </summary>
    public static string Of(IEnumerable<string> lines)
    {
        var text = new StringBuilder("set -e\n");
        foreach (string line in lines) text.Append(line.Trim(' ', '\t', '\r')).Append('\n');
        return text.Append("set +e\n").ToString();
    }
}
