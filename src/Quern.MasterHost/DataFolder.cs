namespace Quern.MasterHost;

/// <summary>The folder that one master holds: its lock, and where things lie in it.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Makes the folder when missing (for its owner alone) and takes its lock; null, and why, when that cannot be.</summary>
    public static DataFolder? TryTake(string path, out string why)
    {
        why = "";
        try
        {
            if (!Directory.Exists(path)) Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = $"The data folder '{path}' cannot be made: {e.Message.TrimEnd('.')}. Name another with --data.";
            return null;
        }
        string file = System.IO.Path.Combine(path, "lock");
        try
        {
            // FileShare.None is flock on Linux: it ends with the process, however that ends.
            return new DataFolder(path, new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            why = $"The data folder '{path}' belongs to another master that is running. Stop it first, or give this one a folder of its own with --data.";
        }
        catch (UnauthorizedAccessException e)
        {
            why = $"The data folder '{path}' cannot be used: {e.Message}";
        }
        return null;
    }

    public void Dispose() => _lock.Dispose();
}
