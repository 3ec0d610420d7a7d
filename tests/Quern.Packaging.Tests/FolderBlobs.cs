using Quern.Model;

namespace Quern.Packaging.Tests;

/// <summary>The least store that can stand for the farm's: files named by their hash.</summary>
internal sealed class FolderBlobs(string folder) : IBlobSource
{
    public string PathOf(Sha256Hash hash) => Path.Combine(folder, hash.Hex);

    public Task<Stream?> OpenAsync(Sha256Hash hash, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(File.Exists(PathOf(hash)) ? File.OpenRead(PathOf(hash)) : null);

    public async Task<StoredBlob> AddAsync(Stream content, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string unfinished = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        var stored = await Sources.HashingCopy.ToFileAsync(content, unfinished, long.MaxValue, cancellationToken);
        File.Move(unfinished, PathOf(stored!.Sha256), overwrite: true);
        return stored;
    }
}
