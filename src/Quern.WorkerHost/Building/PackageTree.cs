using System.Collections.Immutable;
using Quern.Archives;
using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>What a build has put below <c>data</c>, read without following a link. Nothing of the build may run any more.</summary>
internal sealed class PackageTree
{
    private const int MaxDepth = 200;
    private const int MaxMembers = 500_000;     // what Quern's master takes
    private const int MaxPathBytes = 3000;      // leaves room for the folder on the machine

    private PackageTree(string folder, ImmutableArray<PackageTreeMember> members) => (Folder, Members) = (folder, members);

    /// <summary>The folder <c>data</c>, absolute.</summary>
    public string Folder { get; }

    /// <summary>Files, links and empty folders, in the order of their bytes.</summary>
    public ImmutableArray<PackageTreeMember> Members { get; }

    /// <exception cref="BotFailureException">Something in it cannot be packed.</exception>
    public static PackageTree Read(string folder)
    {
        var members = new List<PackageTreeMember>();
        try
        {
            Walk(new DirectoryInfo(folder), "", 0, members);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BotFailureException($"what the script has installed cannot be read: {e.Message}");
        }
        members.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return new PackageTree(folder, [.. members]);
    }

    /// <summary>
    /// The paths that masters compare with those of other packages: files, and links that lead to no folder. Those at the top have no
    /// leading slash, as the originals write them.
    /// </summary>
    public IEnumerable<string> Contents()
    {
        var root = new RootFolder(Folder);
        return Members.Where(m => m.Target is not null ? !root.IsFolder(m.Path) : !m.IsFolder).Select(m => m.Path.Contains('/', StringComparison.Ordinal) ? "/" + m.Path : m.Path);
    }

    /// <summary>Programs and libraries, by the first bytes of files: relative paths.</summary>
    public IEnumerable<string> Programs() => Members.Where(m => m is { IsFolder: false, Target: null } && IsProgram(Path.Combine(Folder, m.Path))).Select(m => "./" + m.Path);

    private static void Walk(DirectoryInfo folder, string path, int depth, List<PackageTreeMember> members)
    {
        if (depth > MaxDepth) throw new BotFailureException($"the package has more than {MaxDepth} folders in each other");
        Allow(folder.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        bool empty = true;
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            empty = false;
            string at = path.Length == 0 ? entry.Name : $"{path}/{entry.Name}";
            if (members.Count == MaxMembers) throw new BotFailureException($"the package has more than {MaxMembers} files");
            if (at.Length > MaxPathBytes || at.Any(char.IsControl) || at.Contains('\uFFFD', StringComparison.Ordinal))
                throw new BotFailureException($"the package holds a name that is too long or no text: {new string([.. at.Take(100).Select(c => char.IsControl(c) ? '?' : c)])}");
            if (entry.LinkTarget is { } target) members.Add(new PackageTreeMember(at, target, false));
            else if (entry is DirectoryInfo inner) Walk(inner, at, depth + 1, members);
            else if (FileKind.IsRegular(entry.FullName)) members.Add(new PackageTreeMember(at, null, false));
            else throw new BotFailureException($"the package holds {at}, which is neither a file, a folder nor a link");
        }
        if (empty) members.Add(new PackageTreeMember(path, null, true));
    }

    /// <summary>The script may have taken its own rights away, which holds for everybody but root.</summary>
    internal static void Allow(string path, UnixFileMode needed)
    {
        if (Environment.IsPrivilegedProcess) return;
        var mode = File.GetUnixFileMode(path);
        if ((mode & needed) != needed) File.SetUnixFileMode(path, mode | needed);
    }

    /// <summary>An ELF file whose type, the byte at offset 16, is a program or a library. Branch protocol, "Build environment on the bot".</summary>
    private static bool IsProgram(string path)
    {
        Allow(path, UnixFileMode.UserRead);
        Span<byte> start = stackalloc byte[17];
        using var file = File.OpenHandle(path);
        return RandomAccess.Read(file, start, 0) == start.Length && start.StartsWith("\u007fELF"u8) && start[16] is 2 or 3;
    }
}
