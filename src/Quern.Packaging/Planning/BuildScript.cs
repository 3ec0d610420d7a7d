using System.Text;
using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>The texts that a plan sends beside the sources. The script that reads them is <c>Scripts/build.sh</c>.</summary>
public static class BuildScript
{
    /// <summary>The script that every build runs on its worker.</summary>
    public static string Text { get; } = ReadResource("build.sh");

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

    private static string ReadResource(string name)
    {
        using var stream = typeof(BuildScript).Assembly.GetManifestResourceStream($"Quern.Packaging.Scripts.{name}")
            ?? throw new InvalidOperationException($"The script {name} is missing in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
