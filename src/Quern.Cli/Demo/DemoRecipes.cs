using System.Collections.Immutable;
using Quern.Model;
using Quern.Peers.Recipes;

namespace Quern.Cli.Demo;

/// <summary>The recipes in <c>samples/recipes</c>, carried inside the program.</summary>
internal static class DemoRecipes
{
    private const string Prefix = "recipes/";

    /// <summary>Every recipe with its text, dependencies before what needs them.</summary>
    public static ImmutableArray<(Recipe Recipe, string Text)> Load()
    {
        var read = new Dictionary<PackageName, (Recipe Recipe, string Text)>();
        var assembly = typeof(DemoRecipes).Assembly;
        foreach (string resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            string text = reader.ReadToEnd();
            var recipe = RecipeTranslation.Read(text).Recipe
                ?? throw new InvalidDataException($"The sample recipe {resource} has errors; 'quern submit' on the file names them.");
            read.Add(recipe.Name, (recipe, text));
        }
        var ordered = ImmutableArray.CreateBuilder<(Recipe, string)>();
        var done = new HashSet<PackageName>();
        void Add(PackageName name)
        {
            if (!done.Add(name) || !read.TryGetValue(name, out var entry)) return;
            foreach (var need in entry.Recipe.BuildDependencies.AddRange(entry.Recipe.Dependencies)) Add(need);
            ordered.Add(entry);
        }
        foreach (var name in read.Keys.Order()) Add(name);
        return ordered.ToImmutable();
    }
}
