using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quern.MasterHost.Agents;

/// <summary>
/// Where finished builds lie: <c>FOLDER/ID/artifact</c> and, written last, <c>FOLDER/ID/build.json</c>. A folder without it is of a build that
/// did not come to its end, and is cleared away at the start. All of it is for the farm's owner alone: artifacts hold keys.
/// </summary>
/// <remarks>Not safe for two writers of the same id; ids are made anew for each build.</remarks>
internal sealed class AgentShelf(string folder)
{
    private const string ArtifactFile = "artifact", FactsFile = "build.json";
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MaxFactsBytes = 64 << 10;

    /// <summary>All finished builds; what is none is removed.</summary>
    public ImmutableArray<AgentBuild> Load()
    {
        Directory.CreateDirectory(folder, OwnersFolder);
        var builds = ImmutableArray.CreateBuilder<AgentBuild>();
        foreach (string path in Directory.GetDirectories(folder))
        {
            if (Read(path) is { } build && build.Id == Path.GetFileName(path)) builds.Add(build);
            else Directory.Delete(path, recursive: true);
        }
        return builds.ToImmutable();
    }

    /// <summary>A new file for a build's artifact, at its start.</summary>
    public FileStream Create(string id)
    {
        string path = Path.Combine(folder, id);
        Directory.CreateDirectory(path, OwnersFolder);
        return new FileStream(Path.Combine(path, ArtifactFile), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            UnixCreateMode = OwnersFile,
        });
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

    /// <summary>Where the artifact of a build lies.</summary>
    public string PathOf(string id) => Path.Combine(folder, id, ArtifactFile);

    /// <summary>Remembers a build that has ended, over a restart too.</summary>
    public void Keep(AgentBuild build)
    {
        string path = Path.Combine(folder, build.Id), file = Path.Combine(path, FactsFile), partial = file + ".part";
        Directory.CreateDirectory(path, OwnersFolder);
        if (build.Artifact is null) File.Delete(Path.Combine(path, ArtifactFile));
        using (var stream = new FileStream(partial, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnersFile }))
        {
            JsonSerializer.Serialize(stream, build, AgentShelfJson.Default.AgentBuild);
            stream.Flush(flushToDisk: true);
        }
        File.Move(partial, file, overwrite: true);
    }

    public void Remove(string id)
    {
        string path = Path.Combine(folder, id);
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    private static AgentBuild? Read(string path)
    {
        try
        {
            var file = new FileInfo(Path.Combine(path, FactsFile));
            if (!file.Exists || file.Length > MaxFactsBytes) return null;
            var build = JsonSerializer.Deserialize(File.ReadAllBytes(file.FullName), AgentShelfJson.Default.AgentBuild);
            if (build is not { HasEnded: true, KeptUntil: not null }) return null;
            return build.Artifact is null || File.Exists(Path.Combine(path, ArtifactFile)) ? build : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>How builds are remembered.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(AgentBuild))]
internal sealed partial class AgentShelfJson : JsonSerializerContext;
