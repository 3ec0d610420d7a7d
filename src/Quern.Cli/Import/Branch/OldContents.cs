using Microsoft.Data.Sqlite;
using Quern.Model;

namespace Quern.Cli.Import.Branch;

/// <summary>
/// Which package owns which file, in <c>pkgcontent.db</c>. The farm reads that from the packages themselves, so nothing of it is taken;
/// what it knows of packages whose file is gone is lost, and said.
/// </summary>
internal static class OldContents
{
    public const string DatabaseName = "pkgcontent.db";

    private const string Kind = "content";
    private const string Table = "files";
    private const int MaxTextBytes = 64 << 10;
    private const int MaxPackages = 200_000;
    private static readonly string[] Columns = ["pkgname", "filepath"];

    /// <param name="packages">The packages whose files were found.</param>
    public static void Read(string folder, IReadOnlySet<PackageName> packages, Action<ImportItem> tell)
    {
        string file = Path.Combine(folder, DatabaseName);
        if (!PlainFile.Exists(file)) return;
        if (!OldDatabase.TryOpen(file, out var database, out string? why))
        {
            tell(new ImportItem(ImportOutcome.Refused, Kind, DatabaseName, why));
            return;
        }
        using (database)
        {
            if (!database.TryTable(Table, Columns, out why))
            {
                tell(new ImportItem(ImportOutcome.Refused, Kind, DatabaseName, why));
                return;
            }
            var files = new SortedDictionary<string, long>(StringComparer.Ordinal);
            try
            {
                foreach (var row in database.Rows(Table, Columns, MaxTextBytes))
                    if (files.Count < MaxPackages || files.ContainsKey(row.Text(0))) files[row.Text(0)] = files.GetValueOrDefault(row.Text(0)) + 1;
            }
            catch (SqliteException e)
            {
                tell(new ImportItem(ImportOutcome.Refused, Kind, DatabaseName, OldDatabase.Worded(e)));
            }
            Tell(files, packages, tell);
        }
    }

    private static void Tell(SortedDictionary<string, long> files, IReadOnlySet<PackageName> packages, Action<ImportItem> tell)
    {
        var owned = files.ToLookup(f => PackageName.TryParse(f.Key, out var name) && packages.Contains(name));
        if (owned[true].Any())
        {
            string sum = $"{owned[true].Sum(f => f.Value)} files of {owned[true].Count()} packages";
            tell(new ImportItem(ImportOutcome.Skipped, Kind, DatabaseName, $"{sum}: the farm reads them from the packages themselves"));
        }
        foreach (var (name, count) in owned[false])
            tell(new ImportItem(ImportOutcome.Skipped, Kind, name, $"{count} files of a package whose file is not here"));
    }
}
