using Quern.Model;
using Quern.Packaging.Sources;
using Quern.Peers.Recipes;

namespace Quern.Cli.Demo;

/// <summary>
/// Keeps the sample recipes in step with the archive: they carry the versions of Debian 12, and another release, or an
/// update, may have a newer one. What else differs between versions the recipes take as it comes.
/// </summary>
internal static class DemoVersions
{
    /// <summary>The recipe with the version that this machine's archive has, and its text.</summary>
    public static async Task<(Recipe Recipe, string Text)> AdaptAsync(
        Recipe recipe, string text, string dataFolder, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!SourceAddress.TryParse(recipe.Source, out var address, out _) || address is not SourceAddress.Debian debian) return (recipe, text);
        var (listing, problem) = await DebianSource.FindAsync(
            debian, DebianSuite.OfThisMachine(), Path.Combine(dataFolder, "apt"), TimeSpan.FromHours(12), time, cancellationToken);
        if (listing is null) throw new CommandFailedException(ExitCode.Failed, problem);
        if (listing.Version == recipe.Version) return (recipe, text);

        string adapted = text.Replace($"\nversion={recipe.Version}\n", $"\nversion={listing.Version}\n", StringComparison.Ordinal);
        return RecipeTranslation.Read(adapted).Recipe is { } read && read.Version == listing.Version
            ? (read, adapted)
            : throw new CommandFailedException(ExitCode.Failed,
                $"The sample recipe {recipe.Name} says version {recipe.Version}, the archive has {listing.Version}, and the recipe could not be adapted.");
    }
}
