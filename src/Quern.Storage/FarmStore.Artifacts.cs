using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const string ArtifactSelect =
        "SELECT name, real_version, environment, architecture, sha256, bytes, job, time, version, description, dependencies FROM artifacts";

    /// <summary>The published artifact of a package; null when there is none.</summary>
    /// <param name="realVersion">Null for the numerically greatest one.</param>
    public Task<StoredArtifact?> FindArtifactAsync(
        PackageName name, BuildEnvironment environment, string architecture, string? realVersion, CancellationToken cancellationToken) =>
        ReadAsync(async session =>
        {
            await using var reader = await session.QueryAsync(ArtifactSelect + """
                 WHERE name = @name AND environment = @environment AND architecture = @architecture
                    AND (@real_version = '' OR real_version = @real_version)
                ORDER BY real_number DESC, time DESC LIMIT 1
                """,
                ("name", name.Value), ("environment", environment.Word()), ("architecture", architecture), ("real_version", realVersion ?? ""));
            return await reader.ReadAsync() ? ArtifactOf(reader) : null;
        }, cancellationToken);

    /// <summary>All published artifacts, by name, then greatest version first; of one package when named.</summary>
    public Task<ImmutableArray<StoredArtifact>> ListArtifactsAsync(PackageName? name, CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, ArtifactOf,
            ArtifactSelect + " WHERE (@name = '' OR name = @name) ORDER BY name, real_number DESC, environment, architecture",
            ("name", name?.Value ?? "")), cancellationToken);

    /// <summary>
    /// What a published package says of itself: an imported one by its own file, a built one by the revision of the recipe that its job
    /// built, not by the newest. Null when nothing is known of it any more.
    /// </summary>
    public async Task<PackageFacts?> FactsOfAsync(StoredArtifact artifact, CancellationToken cancellationToken)
    {
        if (artifact.Facts is { } own) return own;
        var job = artifact.Job is { } id ? await FindJobAsync(id.ToString(), cancellationToken) : null;
        return await FindRecipeAsync(artifact.Name, job?.RecipeRevision, cancellationToken) is { Recipe: var recipe }
            ? PackageFacts.Of(recipe)
            : null;
    }

    /// <summary>Publishes a package that no job of this farm built.</summary>
    public async Task<ImportResult> ImportArtifactAsync(NewImport import, Actor actor, CancellationToken cancellationToken)
    {
        try
        {
            return await WriteAsync(w => ImportArtifactAsync(w, import, actor), cancellationToken);
        }
        catch (Exception e) when (_dialect.IsDuplicate(e))
        {
            // Two processes published the same name at once: the second time it is there.
            return await WriteAsync(w => ImportArtifactAsync(w, import, actor), cancellationToken);
        }
    }

    private async ValueTask<ImportResult> ImportArtifactAsync(WriteSession w, NewImport import, Actor actor)
    {
        (string, object?)[] key =
            [("name", import.Name.Value), ("real_version", import.RealVersion), ("environment", import.Environment.Word()), ("architecture", import.Architecture)];
        const string ByKey = " WHERE name = @name AND real_version = @real_version AND environment = @environment AND architecture = @architecture";
        string? there = await w.Sql.ScalarAsync<string>("SELECT sha256 FROM artifacts" + ByKey + _dialect.ForUpdate, key);
        if (there == import.Sha256.Hex) return ImportResult.Same;
        if (there is not null && !import.Replace) return ImportResult.Other;
        if (there is not null) await w.Sql.ExecuteAsync("DELETE FROM artifacts" + ByKey, key);
        await w.Sql.ExecuteAsync("""
            INSERT INTO artifacts (name, real_version, real_number, environment, architecture, sha256, bytes, job, time, version, description, dependencies)
            VALUES (@name, @real_version, @real_number, @environment, @architecture, @sha256, @bytes, '', @time, @version, @description, @dependencies)
            """,
            [.. key, ("real_number", long.Parse(import.RealVersion, CultureInfo.InvariantCulture)), ("sha256", import.Sha256.Hex), ("bytes", import.Bytes), ("time", w.Time),
                ("version", import.Facts.Version), ("description", import.Facts.Description), ("dependencies", StorageJson.Write(import.Facts.Dependencies))]);
        w.Emit(EventKinds.ArtifactPublished, import.Name.Value, actor.Name, EventData.Of(
            ("real_version", import.RealVersion), ("environment", import.Environment.Word()), ("architecture", import.Architecture),
            ("sha256", import.Sha256.Hex), ("bytes", import.Bytes), ("imported", true)));
        return ImportResult.Added;
    }

    /// <summary>
    /// Published artifacts with what they say of themselves, by name, then smallest version first; of one package when named. What was
    /// built before its recipe was deleted is not among them; what was imported needs no recipe.
    /// </summary>
    public Task<ImmutableArray<PublishedPackage>> ListPublishedAsync(PackageName? name, CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session,
            r =>
            {
                var artifact = ArtifactOf(r);
                return new PublishedPackage(artifact, artifact.Facts ?? PackageFacts.Of(StorageJson.Read<Recipe>(r.GetString(11))), r.GetString(12));
            },
            """
            SELECT a.name, a.real_version, a.environment, a.architecture, a.sha256, a.bytes, a.job, a.time, a.version, a.description, a.dependencies,
                r.recipe, COALESCE(m.md5, '')
            FROM artifacts a
            LEFT JOIN recipe_heads h ON h.name = a.name
            LEFT JOIN jobs j ON j.id = a.job
            LEFT JOIN recipes r ON r.name = a.name AND r.revision = COALESCE(j.revision, h.revision)
            LEFT JOIN file_md5 m ON m.sha256 = a.sha256
            WHERE (@name = '' OR a.name = @name) AND COALESCE(h.deleted, 0) = 0 AND (a.version IS NOT NULL OR r.recipe IS NOT NULL)
            ORDER BY a.name, a.real_number, a.environment, a.architecture
            """,
            ("name", name?.Value ?? "")), cancellationToken);

    /// <summary>Keeps the MD5s of files; what is known of a file stays.</summary>
    public Task SaveMd5Async(IReadOnlyCollection<(Sha256Hash File, string Md5)> files, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            foreach (var (file, md5) in files) await PutMd5Async(w, file, md5);
            return true;
        }, cancellationToken);

    private static async Task PutMd5Async(WriteSession w, Sha256Hash file, string md5) =>
        await w.Sql.ExecuteAsync("INSERT INTO file_md5 (sha256, md5) VALUES (@sha256, @md5) ON CONFLICT (sha256) DO NOTHING", ("sha256", file.Hex), ("md5", md5));

    private static StoredArtifact ArtifactOf(DbDataReader reader) => new(
        new PackageName(reader.GetString(0)), reader.GetString(1), EnvironmentWords.Parse(reader.GetString(2)), reader.GetString(3),
        HashOf(reader.GetString(4)), reader.GetInt64(5), reader.GetString(6) is { Length: > 0 } job ? IdOf(job) : null, UnixMicroseconds.ToTime(reader.GetInt64(7)))
    {
        Facts = reader.IsDBNull(8) ? null : new PackageFacts(reader.GetString(8), reader.GetString(9), StorageJson.Read<ImmutableArray<PackageName>>(reader.GetString(10))),
    };

    private static Sha256Hash HashOf(string text) => Sha256Hash.TryParse(text, out var hash)
        ? hash
        : throw new InvalidDataException($"The database holds '{text}' as a SHA-256.");
}
