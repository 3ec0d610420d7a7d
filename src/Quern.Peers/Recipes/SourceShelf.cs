using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Packaging.Sources;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.Peers.Recipes;

/// <summary>A recipe's sources as blobs of the store: kept extra sources by id, everything else through the fetcher.</summary>
public sealed class SourceShelf(FarmStore store, SourceFetcher fetcher)
{
    /// <summary>Brings every source of a recipe into the store, in the recipe's order.</summary>
    /// <returns>The sources, or the first problem in words.</returns>
    public async Task<(ImmutableArray<PlannedSource> Sources, string? Problem)> FetchAsync(Recipe recipe, JobLog log, CancellationToken cancellationToken)
    {
        var sources = ImmutableArray.CreateBuilder<PlannedSource>();
        int hash = 0;
        if (recipe.Source.Length > 0)
        {
            var (source, problem) = await FetchAddressAsync(recipe.Source, HashAt(recipe, hash++), recipe.Version, isMain: true, log, cancellationToken);
            if (source is null) return ([], problem);
            sources.Add(source);
        }
        foreach (string extra in recipe.ExtraSources)
        {
            // Ids have no colon; every address has one (https:, deb-src:, file:).
            bool isAddress = extra.Contains(':', StringComparison.Ordinal);
            var (source, problem) = isAddress
                ? await FetchAddressAsync(extra, HashAt(recipe, hash++), null, isMain: false, log, cancellationToken)
                : await FindKeptAsync(extra, cancellationToken);
            if (source is null) return ([], problem);
            sources.Add(source);
        }
        return (sources.ToImmutable(), null);
    }

    private static Sha256Hash? HashAt(Recipe recipe, int index) => index < recipe.Sha256.Length ? recipe.Sha256[index] : null;

    private async Task<(PlannedSource? Source, string? Problem)> FetchAddressAsync(
        string address, Sha256Hash? named, string? version, bool isMain, JobLog log, CancellationToken cancellationToken)
    {
        // Without a hash in the recipe the first fetch is recorded; later ones must bring the same bytes.
        var pin = named is null ? await store.FindPinAsync(address, cancellationToken) : null;
        switch (await fetcher.FetchAsync(address, named ?? pin?.Sha256, version, cancellationToken))
        {
            case SourceResult.Fetched fetched:
                if (named is null && pin is null)
                {
                    var inForce = await store.RecordPinAsync(address, fetched.Sha256, fetched.Bytes, cancellationToken);
                    if (inForce.Sha256 != fetched.Sha256)
                        return (null, $"Source {address} brought {fetched.Sha256}, but another job recorded {inForce.Sha256} for it at the same time. Put the right hash into the recipe.");
                }
                await log.SayAsync($"source {address}: {fetched.FileName}, {fetched.Bytes} bytes, sha256 {fetched.Sha256}{(named is null ? " (recorded at first fetch)" : "")}");
                return (new PlannedSource(fetched.FileName, fetched.Sha256, isMain), null);
            case SourceResult.Failed failed:
                return (null, failed.Message);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<(PlannedSource? Source, string? Problem)> FindKeptAsync(string id, CancellationToken cancellationToken) =>
        await store.FindSourceAsync(id, cancellationToken) is { } kept
            ? (new PlannedSource(SourceAddress.SafeFileName(kept.Filename), kept.Sha256, IsMain: false), null)
            : (null, $"The extra source '{id}' is not in the store. Add it with 'quern source add', or correct extra_sources in the recipe.");
}
