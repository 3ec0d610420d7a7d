using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <summary>
/// The repository for leaf, kept up with the journal: whoever asks gets every package that was published before the question. A
/// version is listed only when its file is there, with the MD5 of that file; one that was never computed is computed once and kept.
/// </summary>
public sealed class LeafBook(FarmStore store, BlobStore blobs, LeafOptions options) : IDisposable
{
    private const int Page = 10_000;

    /// <summary>Changed packages that are read one by one; beyond, all at once is cheaper.</summary>
    private const int MaxSingleReads = 200;

    /// <summary>MD5s that are kept with one transaction.</summary>
    private const int MaxUnsaved = 1000;

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>The newest event taken in. Written under the semaphore.</summary>
    private long _seen;

    /// <summary>Null before the first question. Replaced as a whole, under the semaphore.</summary>
    private volatile LeafShelf? _shelf;

    /// <summary>What the shelf is made of. Touched under the semaphore alone.</summary>
    private readonly Dictionary<PackageName, ImmutableArray<LeafEntry>> _versions = [];

    /// <summary>MD5s that were computed and not kept yet. Touched under the semaphore alone.</summary>
    private readonly List<(Sha256Hash File, string Md5)> _computed = [];

    public async ValueTask<LeafShelf> ShelfAsync(CancellationToken cancellationToken)
    {
        // In this order: a shelf that is read after its number is at least as new.
        if (Volatile.Read(ref _seen) == store.LastSequence && _shelf is { } known) return known;
        await _one.WaitAsync(cancellationToken);
        try
        {
            long last = store.LastSequence;
            var changed = _shelf is null ? null : await ChangedAsync(last, cancellationToken);
            if (changed is null or { Count: > MaxSingleReads }) await ReadAllAsync(cancellationToken);
            else foreach (var name in changed) Put(name, await EntriesAsync(await store.ListPublishedAsync(name, cancellationToken), cancellationToken));
            await SaveMd5Async(cancellationToken);
            if (_shelf is null || changed is not { Count: 0 }) _shelf = LeafShelf.Of(_versions);
            // Read after this number was taken: at worst more is known than it says, and is read again for that.
            Volatile.Write(ref _seen, last);
            return _shelf;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Packages of which the journal has told something since it was last read.</summary>
    private async Task<HashSet<PackageName>> ChangedAsync(long last, CancellationToken cancellationToken)
    {
        var changed = new HashSet<PackageName>();
        long seen = _seen;
        while (seen < last)
        {
            var events = await store.ReadJournalAsync(seen, Page, cancellationToken);
            if (events.IsEmpty) break;
            foreach (var e in events)
            {
                if (e.Kind is EventKinds.ArtifactPublished or EventKinds.RecipeSaved or EventKinds.RecipeDeleted && PackageName.TryParse(e.Subject, out var name))
                    changed.Add(name);
            }
            seen = events[^1].Sequence;
        }
        return changed;
    }

    private async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        var all = await store.ListPublishedAsync(null, cancellationToken);
        _versions.Clear();
        foreach (var package in all.GroupBy(p => p.Artifact.Name)) Put(package.Key, await EntriesAsync([.. package], cancellationToken));
    }

    private void Put(PackageName name, ImmutableArray<LeafEntry> entries)
    {
        if (entries.IsEmpty) _versions.Remove(name);
        else _versions[name] = entries;
    }

    /// <param name="published">Of one package, smallest version first.</param>
    private async Task<ImmutableArray<LeafEntry>> EntriesAsync(ImmutableArray<PublishedPackage> published, CancellationToken cancellationToken)
    {
        foreach (var environment in options.Environments)
        {
            var entries = ImmutableArray.CreateBuilder<LeafEntry>();
            // A job that may run anywhere names no architecture; one that names ours is meant for us.
            var ours = published.Where(p => p.Artifact.Environment == environment && (p.Artifact.Architecture == options.Architecture || p.Artifact.Architecture.Length == 0))
                .GroupBy(p => p.Artifact.RealVersion).Select(v => v.MaxBy(p => p.Artifact.Architecture.Length)!);
            foreach (var package in ours)
            {
                if (!blobs.Contains(package.Artifact.Sha256) || await Md5Async(package, cancellationToken) is not { } md5) continue;
                entries.Add(new LeafEntry(package.Artifact, package.Facts.Version, package.Facts.Description, package.Facts.Dependencies, md5));
            }
            if (entries.Count > 0) return entries.ToImmutable();
        }
        return [];
    }

    private async Task<string?> Md5Async(PublishedPackage package, CancellationToken cancellationToken)
    {
        if (package.Md5.Length > 0) return package.Md5;
        if (await blobs.Md5Async(package.Artifact.Sha256, cancellationToken) is not { } md5) return null;
        _computed.Add((package.Artifact.Sha256, md5));
        if (_computed.Count >= MaxUnsaved) await SaveMd5Async(cancellationToken);
        return md5;
    }

    private async Task SaveMd5Async(CancellationToken cancellationToken)
    {
        if (_computed.Count == 0) return;
        await store.SaveMd5Async([.. _computed], cancellationToken);
        _computed.Clear();
    }
}
