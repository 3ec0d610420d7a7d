using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Packaging.Tests;

/// <summary>Reads the demo's recipes. Only as much of the format as they use; the farm reads recipes with its own parser.</summary>
internal static class SampleRecipes
{
    public static string Folder { get; } = Find();

    public static IEnumerable<string> Names => Directory.GetDirectories(Folder).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    public static Recipe Read(string name)
    {
        var fields = new Dictionary<string, string>();
        var build = ImmutableArray.CreateBuilder<string>();
        var tests = ImmutableArray.CreateBuilder<string>();
        bool inBuild = false;
        foreach (string line in File.ReadLines(Path.Combine(Folder, name, "package.bpb")))
        {
            if (line == "}") inBuild = false;
            else if (inBuild) build.Add(line);
            else if (line == "build={") inBuild = true;
            else if (line.StartsWith("tests=", StringComparison.Ordinal)) tests.Add(line["tests=".Length..]);
            else if (line.Split('=', 2) is [var key, var value]) fields[key] = value;
        }
        return new Recipe
        {
            Name = new PackageName(fields["name"]),
            Version = fields["version"],
            RealVersion = fields["real_version"],
            Source = fields["source"],
            Description = fields["description"],
            Dependencies = ListOf(fields["dependencies"]),
            BuildDependencies = ListOf(fields["builddeps"]),
            BuildScript = build.ToImmutable(),
            Tests = tests.ToImmutable(),
        };
    }

    private static ImmutableArray<PackageName> ListOf(string list) =>
        [.. list.Split(['[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(n => new PackageName(n))];

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (Directory.Exists(Path.Combine(at.FullName, "samples", "recipes"))) return Path.Combine(at.FullName, "samples", "recipes");
        throw new DirectoryNotFoundException("samples/recipes");
    }
}
