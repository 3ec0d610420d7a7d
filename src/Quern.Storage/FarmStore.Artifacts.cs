using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const string ArtifactSelect =
        "SELECT name, real_version, environment, architecture, sha256, bytes, job, time FROM artifacts";

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

    private static StoredArtifact ArtifactOf(DbDataReader reader) => new(
        new PackageName(reader.GetString(0)), reader.GetString(1), EnvironmentWords.Parse(reader.GetString(2)), reader.GetString(3),
        HashOf(reader.GetString(4)), reader.GetInt64(5), IdOf(reader.GetString(6)), UnixMicroseconds.ToTime(reader.GetInt64(7)));

    private static Sha256Hash HashOf(string text) => Sha256Hash.TryParse(text, out var hash)
        ? hash
        : throw new InvalidDataException($"The database holds '{text}' as a SHA-256.");
}
