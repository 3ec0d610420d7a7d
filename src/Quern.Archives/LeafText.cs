using System.Text;
using Quern.Model;

namespace Quern.Archives;

/// <summary><c>leaf.pkg</c>, the description inside a package file. Branch protocol, "Build environment on the bot".</summary>
public static class LeafText
{
    /// <summary>Five lines <c>key=value</c>, each ended by LF; line ends in the description become blanks.</summary>
    public static string Of(Recipe recipe)
    {
        var text = new StringBuilder();
        text.Append("name=").Append(recipe.Name.Value).Append('\n');
        text.Append("version=").Append(recipe.Version).Append('\n');
        text.Append("real_version=").Append(recipe.RealVersion).Append('\n');
        text.Append("description=").Append(recipe.Description.ReplaceLineEndings(" ")).Append('\n');
        text.Append("dependencies=");
        foreach (var name in recipe.Dependencies) text.Append('[').Append(name.Value).Append(']');
        return text.Append('\n').ToString();
    }
}
