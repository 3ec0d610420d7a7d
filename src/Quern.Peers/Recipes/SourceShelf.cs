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
        var addresses = RecipeSources.Of(recipe).DistinctBy(s => s.Address).ToDictionary(s => s.Address, s => s.Sha256);
        foreach (var (text, isMain) in recipe.ExtraSources.Select(e => (e, false)).Prepend((recipe.Source, true)))
        {
            if (text.Length == 0) continue;
            var (source, problem) = addresses.TryGetValue(text, out var hash)
                ? await FetchAddressAsync(text, hash, isMain ? recipe.Version : null, isMain, log, cancellationToken)
                : await FindKeptAsync(text, cancellationToken);
            if (source is null) return ([], problem);
            sources.Add(source);
        }
        return (sources.ToImmutable(), null);
    }

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
