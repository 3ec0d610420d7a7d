using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Finds the upstream version that belongs to an artifact.</summary>
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
        var facts = await store.FactsOfAsync(a, cancellationToken);
        return new PackageModel(a.Name.Value, a.RealVersion, facts?.Version ?? "", Words.Of(a.Environment), a.Architecture, a.Sha256.Hex, a.Bytes, a.Job?.ToString(), a.Time);
    }
}
