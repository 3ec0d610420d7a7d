using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Branch.Recipes;

namespace Quern.WorkerHost;

/// <summary>Checks what a master orders: names and versions become parts of paths here, whatever the master lets through.</summary>
internal static class BotRecipe
{
    /// <summary>The recipe of an order.</summary>
    /// <exception cref="BotFailureException">It cannot be built; the message names the key.</exception>
    public static Recipe Read(BranchPackageBuild build)
    {
        if (!PackageName.TryParse(build.Name, out var name)) throw new BotFailureException($"name: it has {RecipeText.NameRule}");
        if (!RecipeText.IsVersion(build.Version)) throw new BotFailureException($"version: it has {RecipeText.VersionRule}");
        if (!RecipeText.IsRealVersion(build.RealVersion)) throw new BotFailureException($"real_version: it has {RecipeText.RealVersionRule}");
        return new Recipe
        {
            Name = name,
            Version = build.Version,
            RealVersion = build.RealVersion,
            Source = build.Source,
            ExtraSources = build.ExtraSources,
            Description = build.Description,
            Dependencies = Names("dependencies", build.Dependencies),
            BuildDependencies = Names("build_dependencies", build.BuildDependencies),
            CrossDependencies = Names("cross_dependencies", build.CrossDependencies),
            BuildScript = build.BuildScript.Any(l => l.Contains('\0', StringComparison.Ordinal)) ? throw new BotFailureException("build_script: it holds a NUL") : build.BuildScript,
        };
    }

    private static ImmutableArray<PackageName> Names(string key, ImmutableArray<string> texts) =>
        [.. texts.Select(t => PackageName.TryParse(t, out var name) ? name : throw new BotFailureException($"{key}: an entry is no package name; it has {RecipeText.NameRule}")).Distinct()];
}
