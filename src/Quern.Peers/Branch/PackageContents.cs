using System.Collections.Frozen;
using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.PackageFiles;
using Quern.Peers.Dispatch;
using Quern.Protocols.Branch;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <summary>
/// Which package has which file, for bots that ask before they send one. Read from the packages themselves when it is asked for, each
/// once: only what was read in this run of the master is known.
/// </summary>
internal sealed class PackageContents(FarmStore store, BlobStore blobs) : IDisposable
{
    /// <summary>Conflicts that one answer names: more tell a packager nothing.</summary>
    private const int MaxConflicts = 1000;

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Of the newest packages alone. Touched under the semaphore.</summary>
    private Dictionary<Sha256Hash, FrozenSet<string>> _files = [];

    /// <summary>The files among <paramref name="paths"/> that another package of the same environment has.</summary>
    public async Task<ImmutableArray<BranchConflict>> ConflictsAsync(RecipeOrder order, ImmutableArray<string> paths, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var kept = new Dictionary<Sha256Hash, FrozenSet<string>>();
            var conflicts = ImmutableArray.CreateBuilder<BranchConflict>();
            foreach (var artifact in await NewestAsync(order.Environment, cancellationToken))
            {
                var files = _files.GetValueOrDefault(artifact.Sha256) ?? await ReadAsync(artifact, cancellationToken);
                kept[artifact.Sha256] = files;
                if (artifact.Name == order.Recipe.Name) continue;
                foreach (string path in paths)
                {
                    // Files right below the root come without the slash.
                    if (conflicts.Count < MaxConflicts && files.Contains(path.StartsWith('/') ? path : "/" + path))
                        conflicts.Add(new BranchConflict(artifact.Name.Value, path));
                }
            }
            _files = kept;
            return conflicts.ToImmutable();
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<IEnumerable<StoredArtifact>> NewestAsync(BuildEnvironment environment, CancellationToken cancellationToken)
    {
        var all = await store.ListArtifactsAsync(null, cancellationToken);
        // The greatest version of a name comes first.
        return all.Where(a => a.Environment == environment).DistinctBy(a => a.Name);
    }

    private async Task<FrozenSet<string>> ReadAsync(StoredArtifact artifact, CancellationToken cancellationToken)
    {
        var facts = await store.FactsOfAsync(artifact, cancellationToken);
        if (facts is null || blobs.OpenRead(artifact.Sha256) is not { } file) return [];
        await using (file)
        {
            var check = await PackageFile.InspectAsync(file, artifact.Name, facts.Version, artifact.RealVersion, new PackageLimits(), cancellationToken);
            return check is PackageCheck.Valid valid ? valid.Members.Where(m => m.Kind != MemberKind.Folder).Select(m => m.Path).ToFrozenSet() : [];
        }
    }
}
