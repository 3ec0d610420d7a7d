using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Peers.Recipes;

/// <summary>Between the words of a recipe file and the farm's recipe, in both directions.</summary>
public static class RecipeTranslation
{
    /// <summary>Reads a recipe file; never throws.</summary>
    public static RecipeReading Read(string text, RecipeLimits? limits = null)
    {
        var parsed = RecipeParser.Parse(text, limits);
        return new RecipeReading(parsed.HasErrors ? null : ToRecipe(parsed.Document), parsed.Document, parsed.Problems);
    }

    /// <summary>Reads what came as Branch JSON; its problems carry the lines of the file it would be.</summary>
    public static RecipeReading Read(BranchPackageBuild build, RecipeLimits? limits = null)
    {
        try
        {
            return Read(RecipePrinter.Print(RecipeDocument.FromPackageBuild(build)), limits);
        }
        catch (ArgumentException e)
        {
            // The JSON reader refuses such values; a record made by other code may still hold them.
            return new RecipeReading(null, RecipeDocument.Empty, [new RecipeProblem(1, 1, RecipeSeverity.Error, e.Message)]);
        }
    }

    /// <summary>A recipe file with every key that has a value; <see cref="Read(string, RecipeLimits?)"/> gives the recipe again.</summary>
    public static string Write(Recipe recipe)
    {
        var document = RecipeDocument.FromPackageBuild(ToPackageBuild(recipe));
        if (recipe.Sha256.Any(h => h is not null))
            document = document.SetList(RecipeKeys.Sha256, recipe.Sha256.Select(h => h?.Hex ?? "-"));
        if (!recipe.Architectures.IsEmpty) document = document.SetList(RecipeKeys.Architectures, recipe.Architectures);
        if (recipe.Network) document = document.SetText(RecipeKeys.Network, "yes");
        if (!recipe.Tests.IsEmpty) document = document.SetRepeated(RecipeKeys.Tests, recipe.Tests);
        return RecipePrinter.Print(document);
    }

    /// <summary>The ten keys that Branch programs know.</summary>
    public static BranchPackageBuild ToPackageBuild(Recipe recipe) => new()
    {
        Name = recipe.Name.Value,
        Version = recipe.Version,
        RealVersion = recipe.RealVersion,
        Source = recipe.Source,
        ExtraSources = recipe.ExtraSources,
        Description = recipe.Description,
        Dependencies = Texts(recipe.Dependencies),
        BuildDependencies = Texts(recipe.BuildDependencies),
        CrossDependencies = Texts(recipe.CrossDependencies),
        BuildScript = recipe.BuildScript,
    };

    /// <summary>The text handed to Branch programs: no comments, no keys of Quern.</summary>
    public static string WriteForBranch(Recipe recipe) => RecipePrinter.PrintForBranch(ToPackageBuild(recipe));

    private static Recipe ToRecipe(RecipeDocument document)
    {
        var build = document.ToPackageBuild();
        int places = AddressesOf(build.Source, build.ExtraSources).Length;
        var hashes = RecipeList.ReadPositions(document.Text(RecipeKeys.Sha256) ?? "")
            .Select(t => Sha256Hash.TryParse(t, out var hash) ? hash : (Sha256Hash?)null).Take(places).ToImmutableArray();
        return new Recipe
        {
            Name = new PackageName(build.Name),
            Version = build.Version,
            RealVersion = build.RealVersion,
            Source = build.Source,
            ExtraSources = build.ExtraSources,
            Description = build.Description,
            Dependencies = Names(build.Dependencies),
            BuildDependencies = Names(build.BuildDependencies),
            CrossDependencies = Names(build.CrossDependencies),
            BuildScript = build.BuildScript,
            // Written out to the full count, so that nobody else needs to know that a short list means "none for the rest".
            Sha256 = hashes.All(h => h is null) ? [] : [.. hashes, .. Enumerable.Repeat((Sha256Hash?)null, places - hashes.Length)],
            Architectures = document.List(RecipeKeys.Architectures),
            Network = document.Text(RecipeKeys.Network) == "yes",
            Tests = document.Repeated(RecipeKeys.Tests),
        };
    }

    /// <summary>The addresses that take a place in the hashes: the source, then each extra source that is an address.</summary>
    internal static ImmutableArray<string> AddressesOf(string source, ImmutableArray<string> extraSources) =>
        [.. extraSources.Prepend(source).Where(RecipeSourceForms.IsAddress)];

    private static ImmutableArray<PackageName> Names(ImmutableArray<string> texts) => [.. texts.Select(t => new PackageName(t)).Distinct()];

    private static ImmutableArray<string> Texts(ImmutableArray<PackageName> names) => [.. names.Select(n => n.Value)];
}
