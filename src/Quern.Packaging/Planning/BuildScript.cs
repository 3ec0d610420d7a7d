using System.Text;
using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>The texts that a plan sends beside the sources. The script that reads them is <c>Scripts/build.sh</c>.</summary>
public static class BuildScript
{
    /// <summary>The script that every build runs on its worker.</summary>
    public static string Text { get; } = ReadResource("build.sh");

    /// <summary>
    /// The recipe's lines as one script: each stripped of leading and trailing blanks as Branch bots do, between
    /// <c>set -e</c> and <c>set +e</c>.
    /// </summary>
    public static string Of(IEnumerable<string> lines)
    {
        var text = new StringBuilder("set -e\n");
        foreach (string line in lines) text.Append(line.Trim(' ', '\t', '\r')).Append('\n');
        return text.Append("set +e\n").ToString();
    }

    /// <summary>Shell assignments that the build script reads; every value is quoted.</summary>
    public static string Variables(Recipe recipe, EnvironmentSettings settings)
    {
        var text = new StringBuilder();
        Add("PKG_NAME", recipe.Name.Value);
        Add("PKG_VERSION", recipe.Version);
        Add("PKG_REAL_VERSION", recipe.RealVersion);
        if (settings.Target is { } target)
        {
            Add("CROSS_TARGET", target);
            Add("CROSS_COMPILE", target + "-");
            Add("CC", target + "-gcc");
            Add("CXX", target + "-g++");
            Add("AR", target + "-ar");
            Add("STRIP", target + "-strip");
        }
        return text.ToString();

        void Add(string name, string value) => text.Append("export ").Append(name).Append('=').Append(ShellText.Quote(value)).Append('\n');
    }

    /// <summary><c>leaf.pkg</c>, the description inside a package file (Branch, section "build environment").</summary>
    public static string Leaf(Recipe recipe)
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

    private static string ReadResource(string name)
    {
        using var stream = typeof(BuildScript).Assembly.GetManifestResourceStream($"Quern.Packaging.Scripts.{name}")
            ?? throw new InvalidOperationException($"The script {name} is missing in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
