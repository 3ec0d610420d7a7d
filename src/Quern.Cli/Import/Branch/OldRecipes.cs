using Microsoft.Data.Sqlite;

namespace Quern.Cli.Import.Branch;

/// <summary>Reads the recipes of both kinds of master: rows of <c>pkgbuild.db</c>, and files <c>packagebuilds/NAME/package.bpb</c>.</summary>
internal static class OldRecipes
{
    public const string DatabaseName = "pkgbuild.db";
    public const string FolderName = "packagebuilds";

    private const string Kind = "recipe";
    private const string Table = "pkgbuilds";
    private const int MaxRecipes = 50_000;
    private const int MaxValueBytes = 4 << 20;
    private const long MaxBytes = 128L << 20;

    /// <summary>All recipes of the folder, each name once.</summary>
    /// <param name="tell">Hears of everything that is not among them.</param>
    public static List<OldRecipe> Read(string folder, Action<ImportItem> tell)
    {
        var recipes = new List<OldRecipe>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (PlainFile.Exists(Path.Combine(folder, DatabaseName))) ReadDatabase(Path.Combine(folder, DatabaseName), recipes, seen, tell);
        if (PlainFile.Exists(Path.Combine(folder, FolderName))) ReadFolder(Path.Combine(folder, FolderName), recipes, seen, tell);
        return recipes;
    }

    private static void ReadDatabase(string file, List<OldRecipe> recipes, HashSet<string> seen, Action<ImportItem> tell)
    {
        void Refuse(string name, string why) => tell(new ImportItem(ImportOutcome.Refused, Kind, name, why));
        if (!OldDatabase.TryOpen(file, out var database, out string? why))
        {
            Refuse(DatabaseName, why);
            return;
        }
        using (database)
        {
            if (!database.TryTable(Table, OldRecipe.Columns, out why))
            {
                Refuse(DatabaseName, why);
                return;
            }
            try
            {
                long bytes = 0;
                foreach (var row in database.Rows(Table, OldRecipe.Columns, MaxValueBytes))
                {
                    string name = row.Texts[0] is { Length: > 0 } text ? text : $"row {row.Id}";
                    bytes += row.Bytes.Where((_, i) => !row.IsTooLong(i)).Sum();
                    if (recipes.Count == MaxRecipes || bytes > MaxBytes)
                    {
                        Refuse(DatabaseName, $"it has over {MaxRecipes} recipes or {MaxBytes >> 20} MiB of them; the rest was not read");
                        return;
                    }
                    if (Enumerable.Range(0, OldRecipe.Columns.Length).FirstOrDefault(row.IsTooLong, -1) is >= 0 and var column)
                        Refuse(name, $"its {OldRecipe.Columns[column]} has {row.Bytes[column]} bytes; at most {MaxValueBytes} are read");
                    else if (!seen.Add(name)) Refuse(name, "it stands twice in the database; the first was read");
                    else recipes.Add(OldRecipe.OfRow(row));
                }
            }
            catch (SqliteException e)
            {
                Refuse(DatabaseName, $"{OldDatabase.Worded(e)}. {recipes.Count} recipes could be read");
            }
        }
    }

    private static void ReadFolder(string folder, List<OldRecipe> recipes, HashSet<string> seen, Action<ImportItem> tell)
    {
        foreach (var entry in OldFolder.Entries(folder, Kind, tell))
        {
            if (!seen.Add(entry.Name)) tell(new ImportItem(ImportOutcome.Skipped, Kind, entry.Name, $"{DatabaseName} has it too, and was written later"));
            else if (recipes.Count == MaxRecipes) tell(new ImportItem(ImportOutcome.Refused, Kind, entry.Name, $"there are over {MaxRecipes} recipes"));
            else if (PlainFile.TryRead(Path.Combine(entry.FullName, "package.bpb"), MaxValueBytes, out string? text, out string? why)) recipes.Add(OldRecipe.OfFile(entry.Name, text));
            else tell(new ImportItem(ImportOutcome.Refused, Kind, entry.Name, $"package.bpb: {why}"));
        }
    }
}
