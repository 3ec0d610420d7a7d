namespace Quern.Testing;

/// <summary>A fresh folder below the system's temporary folder; removed with all it holds when disposed.</summary>
public sealed class ScratchFolder : IDisposable
{
    public ScratchFolder() => Path = Directory.CreateTempSubdirectory("quern-test-").FullName;

    public string Path { get; }

    /// <summary>The path of a name below the folder.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
