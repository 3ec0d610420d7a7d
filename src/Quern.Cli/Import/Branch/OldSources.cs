using Microsoft.Data.Sqlite;

namespace Quern.Cli.Import.Branch;

/// <summary>The managed extra sources in <c>extrasources.db</c>. Their bytes are read one after the other, never held.</summary>
internal sealed class OldSources : IDisposable
{
    public const string DatabaseName = "extrasources.db";
    public const string Kind = "source";

    private const string Table = "extrasources";
    private const string Content = "extrasrc";
    private const int MaxSources = 100_000;
    private const int MaxTextBytes = 64 << 10;
    private static readonly string[] Texts = ["id", "filename", "desc"];

    private readonly OldDatabase _database;

    private OldSources(OldDatabase database) => _database = database;

    /// <summary>Null when there is none that can be read.</summary>
    public static OldSources? Open(string folder, Action<ImportItem> tell)
    {
        string file = Path.Combine(folder, DatabaseName);
        if (!PlainFile.Exists(file)) return null;
        if (OldDatabase.TryOpen(file, out var database, out string? why))
        {
            if (database.TryTable(Table, [.. Texts, Content], out why)) return new OldSources(database);
            database.Dispose();
        }
        tell(new ImportItem(ImportOutcome.Refused, Kind, DatabaseName, why));
        return null;
    }

    /// <summary>All of them, without their bytes.</summary>
    public List<OldSource> List(Action<ImportItem> tell)
    {
        void Refuse(string name, string why) => tell(new ImportItem(ImportOutcome.Refused, Kind, name, why));
        var sources = new List<OldSource>();
        try
        {
            // Of the content no text is asked for: a bound of nothing leaves its length alone.
            foreach (var (row, bytes) in _database.Rows(Table, Texts, MaxTextBytes).Zip(_database.Rows(Table, [Content], 0)))
            {
                string name = row.Texts[0] ?? $"row {row.Id}";
                if (sources.Count == MaxSources)
                {
                    Refuse(DatabaseName, $"it has over {MaxSources} sources; the rest was not read");
                    break;
                }
                if (Enumerable.Range(0, Texts.Length).Any(row.IsTooLong)) Refuse(name, $"one of its texts has over {MaxTextBytes} bytes");
                else sources.Add(new OldSource(row.Id, row.Text(0), row.Text(1), row.Text(2), bytes.Bytes[0]));
            }
        }
        catch (SqliteException e)
        {
            Refuse(DatabaseName, $"{OldDatabase.Worded(e)}. {sources.Count} sources could be read");
        }
        return sources;
    }

    /// <summary>The bytes of one.</summary>
    /// <exception cref="SqliteException">The file is damaged there.</exception>
    public Stream Open(OldSource source) => new SqliteBlob(_database.Connection, Table, Content, source.Row, readOnly: true);

    public void Dispose() => _database.Dispose();
}
