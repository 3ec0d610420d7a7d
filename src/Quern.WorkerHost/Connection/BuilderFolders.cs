namespace Quern.WorkerHost;

/// <summary>The folders of a worker's builders, below its own.</summary>
/// <param name="root">The worker's folder, absolute.</param>
/// <param name="deleteLeftovers">Whether folders that belong to no builder are deleted.</param>
/// <param name="log">Takes sentences for people.</param>
internal sealed class BuilderFolders(string root, bool deleteLeftovers, Action<string> log)
{
    private const string InfoFolder = "info";

    /// <summary>Makes a builder's folder with its parents. An absolute path stays as it is, as with a stock worker.</summary>
    /// <param name="name">As the master says.</param>
    /// <param name="path">The folder, absolute.</param>
    /// <returns>Null, or why it cannot be made.</returns>
    public string? TryMake(string name, out string path)
    {
        path = Path.Combine(root, name);
        try
        {
            Directory.CreateDirectory(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"cannot make the builder's folder '{path}': {e.Message}";
        }
    }

    /// <summary>Names the folders that belong to none of the builders, and deletes them when the worker was told to. The words are those of stock workers.</summary>
    /// <param name="wanted">The builders' folders, absolute. What such a folder lies in is kept too.</param>
    public void Sweep(IEnumerable<string> wanted)
    {
        var kept = wanted.Select(Path.GetFullPath).ToList();
        try
        {
            foreach (var folder in new DirectoryInfo(root).EnumerateDirectories())
            {
                // A link is not followed: what it points to is not the worker's.
                if (folder.Name == InfoFolder || folder.LinkTarget is not null) continue;
                if (kept.Exists(k => k == folder.FullName || k.StartsWith(folder.FullName + Path.DirectorySeparatorChar, StringComparison.Ordinal))) continue;
                if (deleteLeftovers) Delete(folder);
                else log($"I have a leftover directory '{folder.Name}' that is not being used by the buildmaster: you can delete it now");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"cannot look after folders that are left over: {e.Message}");
        }
    }

    private void Delete(DirectoryInfo folder)
    {
        log($"Deleting directory '{folder.Name}' that is not being used by the buildmaster");
        try
        {
            folder.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"Cannot remove directory '{folder.Name}': {e.Message}");
        }
    }
}
