using System.Globalization;
using System.Reflection;

namespace Quern.Storage;

/// <summary>Brings a database to the newest schema: numbered SQL files, one transaction each, one version table.</summary>
internal static class Migrations
{
    private const string VersionTable =
        "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)";

    /// <exception cref="StoreVersionException">The database is newer than this program.</exception>
    public static async Task ApplyAsync(StoreDialect dialect, Session session, TimeProvider time)
    {
        var files = Files(dialect.Name);
        long known = files[^1].Version;
        while (true)
        {
            await session.ExecuteAsync(dialect.Begin);
            try
            {
                await dialect.LockForMigrationAsync(session);
                await session.ExecuteAsync(VersionTable);
                long found = await session.ScalarAsync<long>("SELECT COALESCE(MAX(version), 0) FROM schema_version");
                if (found > known) throw new StoreVersionException(found, known);
                if (found < known)
                {
                    var (version, sql) = files.First(f => f.Version > found);
                    await RunAsync(session, sql);
                    await session.ExecuteAsync("INSERT INTO schema_version (version, applied_at) VALUES (@version, @time)",
                        ("version", version), ("time", UnixMicroseconds.From(time.GetUtcNow())));
                }
                await session.ExecuteAsync("COMMIT");
                if (found == known) return;
            }
            catch
            {
                await session.ExecuteAsync("ROLLBACK");
                throw;
            }
        }
    }

    private static async Task RunAsync(Session session, string sql)
    {
        // Not through the session: a script of many statements is run once and must not be kept.
        await using var command = session.Connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static List<(long Version, string Sql)> Files(string store)
    {
        var assembly = Assembly.GetExecutingAssembly();
        string folder = $"Migrations/{store}/";
        var files = new List<(long, string)>();
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            files.Add((long.Parse(name.AsSpan(folder.Length, 4), CultureInfo.InvariantCulture), reader.ReadToEnd()));
        }
        return files;
    }
}
