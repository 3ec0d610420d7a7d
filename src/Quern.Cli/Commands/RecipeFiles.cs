namespace Quern.Cli.Commands;

/// <summary>Finds the recipe files that a command line means: files, folders of one recipe, and trees of such folders.</summary>
internal static class RecipeFiles
{
    public const string Name = "package.bpb";

    /// <summary>Folders below the named one: a checkout has two levels at most.</summary>
    private const int MaxDepth = 8;

    private const int MaxFiles = 100_000;

    /// <summary>More than any recipe may have; what is larger is not read at all.</summary>
    private const long MaxBytes = 8 << 20;

    /// <summary>The recipe files of everything named, by path within each tree.</summary>
    /// <param name="tell">Hears of files that look like recipes and are none of them.</param>
    /// <exception cref="CommandFailedException">Something named holds no recipe.</exception>
    public static List<string> Find(IEnumerable<string> named, Action<string> tell)
    {
        var files = new List<string>();
        foreach (string given in named)
        {
            if (!Directory.Exists(given) || File.Exists(Path.Combine(given, Name)))
            {
                files.Add(InputFile.Checked(Directory.Exists(given) ? Path.Combine(given, Name) : given));
                continue;
            }
            int before = files.Count;
            Walk(given, 0, files, tell);
            if (files.Count == before) throw new CommandFailedException(ExitCode.Failed, $"There is no {Name} in '{given}' or in a folder below it.");
        }
        return files;
    }

    /// <exception cref="CommandFailedException">The file is too large to be a recipe.</exception>
    public static async Task<string> ReadAsync(string file, CancellationToken stop)
    {
        if (new FileInfo(file).Length > MaxBytes) throw new CommandFailedException(ExitCode.Failed, $"'{file}' has over {MaxBytes >> 20} MiB and is no recipe.");
        return await File.ReadAllTextAsync(file, stop);
    }

    // Links are not followed: they may lead round in a circle. Names with a dot in front are those of version control.
    private static void Walk(string folder, int depth, List<string> files, Action<string> tell)
    {
        if (depth > MaxDepth)
        {
            tell($"{folder}: not read: it lies over {MaxDepth} folders below the one that was named.");
            return;
        }
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (entry.Name.StartsWith('.')) continue;
            string path = Path.Combine(folder, entry.Name);
            if (entry.LinkTarget is not null) tell($"{path}: not read: it is a link.");
            else if (entry is DirectoryInfo) Walk(path, depth + 1, files, tell);
            else if (entry.Name == Name) files.Add(path);
            else if (entry.Name.EndsWith(".bpb", StringComparison.Ordinal)) tell($"{path}: not read: in a folder, a recipe is named {Name}. Name the file itself to submit it.");
            if (files.Count > MaxFiles) throw new CommandFailedException(ExitCode.Failed, $"'{folder}' and its folders hold over {MaxFiles} recipes.");
        }
    }
}
