using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Finds the upstream version that belongs to an artifact: its job says which revision of the recipe it built.</summary>
internal sealed class VersionNames(FarmStore store)
{
    /// <param name="rows">At most one more than <paramref name="limit"/>.</param>
    public async Task<PackagePage> PageAsync(IReadOnlyList<StoredArtifact> rows, int limit, Func<StoredArtifact, string> keyOf, CancellationToken cancellationToken)
    {
        var items = new List<PackageModel>();
        foreach (var row in rows.Take(limit)) items.Add(await ModelAsync(row, cancellationToken));
        return new PackagePage([.. items], rows.Count > limit ? keyOf(rows[limit - 1]) : null);
    }

    public async Task<PackageModel> ModelAsync(StoredArtifact a, CancellationToken cancellationToken)
    {
        var job = await store.FindJobAsync(a.Job.ToString(), cancellationToken);
        var recipe = await store.FindRecipeAsync(a.Name, job?.RecipeRevision, cancellationToken);
        return new PackageModel(a.Name.Value, a.RealVersion, recipe?.Recipe.Version ?? "", Words.Of(a.Environment), a.Architecture, a.Sha256.Hex, a.Bytes, a.Job.ToString(), a.Time);
    }
}
