namespace Quern.Cli.Import.Branch;

/// <summary>Lists folders of an old master that hold one folder for each name.</summary>
internal static class OldFolder
{
    private const int MaxEntries = 200_000;

    /// <summary>The folders below, by name. Links and files are no folders.</summary>
    /// <param name="kind">What each of them would be.</param>
    /// <param name="tell">Hears of everything that is none.</param>
    public static List<DirectoryInfo> Entries(string folder, string kind, Action<ImportItem> tell)
    {
        string name = Path.GetFileName(folder);
        void Refuse(string what, string why) => tell(new ImportItem(ImportOutcome.Refused, kind, what, why));
        var found = new List<DirectoryInfo>();
        if (new DirectoryInfo(folder) is not { Exists: true, LinkTarget: null })
        {
            Refuse(name, "it is no folder, or a link; links are not followed");
            return found;
        }
        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Take(MaxEntries + 1))
            {
                if (found.Count == MaxEntries) Refuse(name, $"it has over {MaxEntries} entries; the rest was not read");
                else if (entry.LinkTarget is not null) Refuse($"{name}/{entry.Name}", "it is a link; links are not followed");
                else if (entry is DirectoryInfo below) found.Add(below);
                else tell(new ImportItem(ImportOutcome.Skipped, kind, $"{name}/{entry.Name}", "it is no folder; the old master keeps nothing there"));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Refuse(name, $"it cannot be read: {e.Message}");
        }
        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    /// <summary>All names in a folder, in order; none of one that cannot be read.</summary>
    public static IEnumerable<string> Names(string folder)
    {
        var all = new EnumerationOptions { IgnoreInaccessible = true, AttributesToSkip = 0 };
        return Directory.EnumerateFileSystemEntries(folder, "*", all).Take(MaxEntries).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal);
    }
}
