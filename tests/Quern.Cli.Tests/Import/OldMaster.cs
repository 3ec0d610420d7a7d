using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Quern.Testing;

namespace Quern.Cli.Tests.Import;

/// <summary>The storage of a Branch master, made as its description says (Branch, section "package storage").</summary>
internal sealed class OldMaster : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public string Path => _folder.Path;

    public string this[string name] => _folder[name];

    /// <summary>A small farm of the second generation: three recipes, a source, two versions of one package.</summary>
    public static async Task<OldMaster> SmallAsync()
    {
        var master = new OldMaster();
        master.Recipes(("base", "2", "[]", ""), ("lib", "3", "[base]", ""), ("app", "1", "[lib][base]", "[base]"));
        master.Sources((SourceId, "fix.patch", "a fix", "hello"u8.ToArray()));
        await master.PackageAsync("lib", ("9", "1.0", "[base]"), ("10", "1.1", ""));
        return master;
    }

    public const string SourceId = "c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30";

    public void Recipes(params (string Name, string RealVersion, string BuildDependencies, string CrossDependencies)[] recipes)
    {
        using var database = Open("pkgbuild.db");
        Run(database, """
            CREATE TABLE IF NOT EXISTS pkgbuilds (name TEXT, real_version TEXT, version TEXT, source TEXT, extra_sources TEXT, description TEXT,
                dependencies TEXT, build_dependencies TEXT, cross_dependencies TEXT, buildscript TEXT)
            """);
        Run(database, "BEGIN");
        foreach (var (name, real, build, cross) in recipes)
            Run(database, "INSERT INTO pkgbuilds VALUES (@0, @1, '1.0', 'None', @2, 'a package', '[]', @3, @4, @5)", name, real, $"[{SourceId}]", build, cross, "./configure\n\n  make\n}");
        Run(database, "COMMIT");
    }

    public void Sources(params (string Id, string FileName, string Description, byte[] Bytes)[] sources)
    {
        using var database = Open("extrasources.db");
        Run(database, "CREATE TABLE IF NOT EXISTS extrasources (id TEXT, filename TEXT, desc TEXT, extrasrc BLOB)");
        foreach (var (id, name, description, bytes) in sources) Run(database, "INSERT INTO extrasources VALUES (@0, @1, @2, @3)", id, name, description, bytes);
    }

    public void Contents(params (string Package, string File)[] files)
    {
        using var database = Open("pkgcontent.db");
        Run(database, "CREATE TABLE IF NOT EXISTS files (pkgname TEXT, filepath TEXT)");
        foreach (var (package, file) in files) Run(database, "INSERT INTO files VALUES (@0, @1)", package, file);
    }

    public async Task PackageAsync(string name, params (string RealVersion, string Version, string Dependencies)[] versions)
    {
        var meta = new JsonObject { ["name"] = name, ["description"] = "a package" };
        foreach (string key in (string[])["versions", "version_dependencies", "version_hashes"]) meta[key] = new JsonObject();
        foreach (var (real, version, dependencies) in versions)
        {
            byte[] file = await PackageFileAsync(name, real, version, dependencies);
            Directory.CreateDirectory(this[$"packages/{name}/{real}"]);
            await File.WriteAllBytesAsync(this[$"packages/{name}/{real}/{name}.lfpkg"], file);
            meta["versions"]![real] = version;
            meta["version_dependencies"]![real] = new JsonArray();
            meta["version_hashes"]![real] = Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, file));
        }
        await File.WriteAllTextAsync(this[$"packages/{name}/branch.meta"], meta.ToJsonString(new() { WriteIndented = true, IndentSize = 4 }));
    }

    public static async Task<byte[]> PackageFileAsync(string name, string real, string version, string dependencies)
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            await AddAsync(writer, $"{name}-{version}/leaf.pkg", $"name={name}\nversion={version}\nreal_version={real}\ndescription=of {version}\ndependencies={dependencies}\n");
            await AddAsync(writer, $"{name}-{version}/data/usr/lib/{name}.so", $"{name} {version}");
        }
        return await Xz.CompressAsync(tar.ToArray());
    }

    /// <summary>Every file and folder with its bytes and its times.</summary>
    public SortedDictionary<string, string> Snapshot()
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories).Prepend(Path))
        {
            string bytes = File.Exists(path) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) : "folder";
            all[path] = $"{File.GetLastWriteTimeUtc(path).Ticks} {bytes}";
        }
        return all;
    }

    public SqliteConnection Open(string name)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = this[name], Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    public static void Run(SqliteConnection database, string sql, params object[] values)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"@{i}", values[i]);
        command.ExecuteNonQuery();
    }

    public void Dispose() => _folder.Dispose();

    private static async Task AddAsync(TarWriter writer, string name, string content)
    {
        using var data = new MemoryStream(Encoding.UTF8.GetBytes(content));
        await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data, ModificationTime = DateTimeOffset.UnixEpoch });
    }
}
