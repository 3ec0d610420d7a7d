namespace Quern.MasterHost.Agents;

/// <summary>
/// Where the files of builds lie: <c>FOLDER/ID/artifact</c>. Which of them are whole is in the database; what that does not know is cleared away
/// at the start. All of it is for the farm's owner alone: artifacts hold keys.
/// </summary>
/// <remarks>Not safe for two writers of the same id; ids are made anew for each build.</remarks>
internal sealed class AgentShelf
{
    private const string ArtifactFile = "artifact", IdFile = "shelf";
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MaxIdBytes = 64;

    private readonly string _folder;

    public AgentShelf(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder, OwnersFolder);
        Id = EnsureId(Path.Combine(folder, IdFile));
    }

    /// <summary>Tells this folder from those of other masters that share the database.</summary>
    public string Id { get; }

    /// <summary>Removes what is of no build that is known.</summary>
    public void Clear(IReadOnlySet<string> known)
    {
        foreach (string path in Directory.GetDirectories(_folder).Where(p => !known.Contains(Path.GetFileName(p)))) Directory.Delete(path, recursive: true);
    }

    /// <summary>A new file for a build's artifact, at its start; what an attempt before it left goes.</summary>
    public FileStream Create(string id)
    {
        string path = Path.Combine(_folder, id);
        Directory.CreateDirectory(path, OwnersFolder);
        return NewFile(Path.Combine(path, ArtifactFile));
    }

    /// <summary>The artifact of a build; null when there is none.</summary>
    public FileStream? Open(string id)
    {
        try
        {
            return new FileStream(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether the artifact of a build is there in its length.</summary>
    public bool Has(string id, long bytes) => new FileInfo(PathOf(id)) is { Exists: true } file && file.Length == bytes;

    /// <summary>Where the artifact of a build lies.</summary>
    public string PathOf(string id) => Path.Combine(_folder, id, ArtifactFile);

    public void Remove(string id)
    {
        string path = Path.Combine(_folder, id);
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    private static string EnsureId(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: <= MaxIdBytes } && Guid.TryParseExact(File.ReadAllText(path).Trim(), "D", out var known)) return $"{known}";
        string id = $"{Guid.NewGuid()}", partial = path + ".part";
        using (var file = NewFile(partial))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{id}\n"));
            file.Flush(flushToDisk: true);
        }
        File.Move(partial, path, overwrite: true);
        return id;
    }

    private static FileStream NewFile(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        UnixCreateMode = OwnersFile,
    });
}
