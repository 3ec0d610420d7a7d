using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Finished packages.</summary>
internal static class PackageEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/packages", ListAsync).Needs(Right.PackageRead).Produces<PackagePage>();
        api.MapGet("/packages/{name}", ShowAsync).Needs(Right.PackageRead).Produces<PackagePage>().ProducesProblem(404);
        api.MapMethods("/packages/{name}/download", ["GET", "HEAD"], DownloadAsync).Needs(Right.PackageRead)
            .Produces(200, contentType: "application/octet-stream").ProducesProblem(404);
        api.MapPut("/packages/{name}/{real_version}", PackageImports.TakeAsync).Needs(Right.PackageWrite)
            .Produces<PackageModel>(201).Produces<PackageModel>().ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(422);
    }

    /// <summary>One after the other by name, version, environment and architecture; the key of the last is the next page's <c>after</c>.</summary>
    private static async Task<IResult> ListAsync(FarmStore store, CancellationToken cancellationToken, string? after = null, int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var versions = new VersionNames(store);
        var rows = (await store.ListArtifactsAsync(null, cancellationToken)).OrderBy(KeyOf, StringComparer.Ordinal)
            .Where(a => after is null || string.CompareOrdinal(KeyOf(a), after) > 0).Take(limit + 1).ToList();
        return Results.Json(await versions.PageAsync(rows, limit, KeyOf, cancellationToken), ApiJson.Default.PackagePage);
    }

    private static async Task<IResult> ShowAsync(string name, FarmStore store, CancellationToken cancellationToken)
    {
        if (!PackageName.TryParse(name, out var package)) return NoPackage(name);
        var rows = await store.ListArtifactsAsync(package, cancellationToken);
        if (rows.IsEmpty) return NoPackage(name);
        return Results.Json(await new VersionNames(store).PageAsync(rows, rows.Length, KeyOf, cancellationToken), ApiJson.Default.PackagePage);
    }

    /// <summary>The file, also in parts (Range) and only if changed (ETag is the SHA-256).</summary>
    private static async Task<IResult> DownloadAsync(
        string name, FarmStore store, BlobStore blobs, CancellationToken cancellationToken, string? environment = null, string? architecture = null, string? real_version = null)
    {
        if (!PackageName.TryParse(name, out var package)) return NoPackage(name);
        if (!Words.TryParse(environment, out var kind)) return ApiProblem.Bad($"'{environment}' is not an environment: release or cross.");
        var found = await store.FindArtifactAsync(package, kind, architecture ?? MachineArchitecture.Here, real_version, cancellationToken);
        if (found is null) return NoPackage(name);
        var stream = blobs.OpenRead(found.Sha256);
        if (stream is null) return ApiProblem.Result(500, "Package lost", $"The file of {name} ({found.Sha256}) is missing from the store; build it again.");
        string fileName = $"{found.Name}-{found.RealVersion}-{Words.Of(kind)}-{found.Architecture}.lfpkg";
        return Results.File(stream, "application/octet-stream", fileName, found.Time, new EntityTagHeaderValue($"\"{found.Sha256}\""), enableRangeProcessing: true);
    }

    private static string KeyOf(StoredArtifact a) => $"{a.Name} {a.RealVersion.PadLeft(9, '0')} {Words.Of(a.Environment)} {a.Architecture}";

    private static IResult NoPackage(string name) =>
        ApiProblem.NotFound($"There is no finished package {(PackageName.IsValid(name) ? name : "of that name")} for this environment and architecture.");
}
