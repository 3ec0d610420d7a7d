using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Quern.Cli.Import.Branch;

/// <summary>
/// A SQLite file of an old master, opened so that nothing is written beside it or in it. The file is others': its schema, its sizes
/// and its pages are not believed.
/// </summary>
internal sealed class OldDatabase : IDisposable
{
    private const int HeaderBytes = 20;
    private const int WriteVersionAt = 18;      // SQLite file format 1.3: 1 is a rollback journal, 2 a write-ahead log
    private const byte WriteAheadLog = 2;
    private const int BusySeconds = 20;

    // SQLite's result codes.
    private const int Busy = 5, Locked = 6, ReadOnly = 8, CannotOpen = 14, NotADatabase = 26;

    private readonly SqliteConnection _connection;

    private OldDatabase(SqliteConnection connection) => _connection = connection;

    public SqliteConnection Connection => _connection;

    /// <summary>Opens a file.</summary>
    /// <param name="why">What is wrong, as the end of a sentence about the file; null on success.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out OldDatabase? database, [NotNullWhen(false)] out string? why)
    {
        database = null;
        if (!TryWay(path, out string? way, out why)) return false;
        // As an address, so that no character of the path means anything else to SQLite.
        string address = $"file:{string.Join('/', Path.GetFullPath(path).Split('/').Select(Uri.EscapeDataString))}?{way}";
        var settings = new SqliteConnectionStringBuilder { DataSource = address, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = BusySeconds };
        var connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; SELECT COUNT(*) FROM sqlite_schema";
            command.ExecuteScalar();
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            why = Worded(e);
            return false;
        }
        database = new OldDatabase(connection);
        return true;
    }

    /// <summary>Whether a table of rows is there and has the columns.</summary>
    public bool TryTable(string table, string[] columns, [NotNullWhen(false)] out string? why)
    {
        try
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT type, sql FROM sqlite_schema WHERE lower(name) = @name";
            command.Parameters.AddWithValue("name", table);
            using (var reader = command.ExecuteReader())
            {
                // A view or a virtual table would run what its maker wrote.
                bool plain = reader.Read() && reader.GetString(0) == "table" && !reader.IsDBNull(1) &&
                    !reader.GetString(1).TrimStart().StartsWith("CREATE VIRTUAL", StringComparison.OrdinalIgnoreCase);
                if (!plain)
                {
                    why = $"it has no table '{table}'";
                    return false;
                }
            }
            var there = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            command.CommandText = $"SELECT name FROM pragma_table_info('{table}')";
            using (var reader = command.ExecuteReader())
                while (reader.Read()) there.Add(reader.GetString(0));
            why = columns.FirstOrDefault(c => !there.Contains(c)) is { } missing ? $"its table '{table}' has no column '{missing}'" : null;
            return why is null;
        }
        catch (SqliteException e)
        {
            why = Worded(e);
            return false;
        }
    }

    /// <summary>Rows in the order in which they were stored. Of a value that is longer than <paramref name="maxBytes"/> only the length is read.</summary>
    /// <exception cref="SqliteException">The file is damaged; rows before the damage have been given.</exception>
    public IEnumerable<OldRow> Rows(string table, string[] columns, int maxBytes)
    {
        using var command = _connection.CreateCommand();
        string most = maxBytes.ToString(CultureInfo.InvariantCulture);
        string values = string.Join(", ", columns.Select(c => $"""octet_length("{c}"), CASE WHEN octet_length("{c}") <= {most} THEN CAST("{c}" AS TEXT) END"""));
        command.CommandText = $"SELECT rowid, {values} FROM \"{table}\" ORDER BY rowid";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var texts = new string?[columns.Length];
            var lengths = new long[columns.Length];
            for (int i = 0; i < columns.Length; i++)
            {
                lengths[i] = reader.IsDBNull(1 + (2 * i)) ? 0 : reader.GetInt64(1 + (2 * i));
                texts[i] = reader.IsDBNull(2 + (2 * i)) ? null : reader.GetString(2 + (2 * i));
            }
            yield return new OldRow(reader.GetInt64(0), texts, lengths);
        }
    }

    /// <summary>The file's own words for what is wrong with it.</summary>
    public static string Worded(SqliteException e) => e.SqliteErrorCode switch
    {
        Busy or Locked => "the old master is writing to it; stop that master, or try again",
        ReadOnly or CannotOpen => "it has changes that its journal would take back, and nothing is changed here; " +
            "stop the old master, open the file once with 'sqlite3 FILE .schema', and try again",
        NotADatabase => "it is not a SQLite database",
        _ => $"it is damaged: {e.Message}",
    };

    public void Dispose() => _connection.Dispose();

    /// <summary>How the file can be opened without a trace.</summary>
    private static bool TryWay(string path, [NotNullWhen(true)] out string? way, [NotNullWhen(false)] out string? why)
    {
        way = null;
        if (!PlainFile.TryOpen(path, out var file, out why)) return false;
        Span<byte> header = stackalloc byte[HeaderBytes];
        using (file)
        {
            if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || !header.StartsWith("SQLite format 3\0"u8))
            {
                why = "it is not a SQLite database";
                return false;
            }
        }
        // With a rollback journal, as the original has it, readers lock and write nothing. With a log they would make two files beside it.
        if (header[WriteVersionAt] != WriteAheadLog)
        {
            way = "mode=ro";
            return true;
        }
        if (new FileInfo(path + "-wal") is { Exists: true, Length: > 0 })
        {
            why = $"'{Path.GetFileName(path)}-wal' holds changes that are not in it yet; stop the old master, or 'sqlite3 FILE \"PRAGMA wal_checkpoint(TRUNCATE)\"', and try again";
            return false;
        }
        way = "mode=ro&immutable=1";
        return true;
    }
}
