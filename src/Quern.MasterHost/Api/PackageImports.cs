using Microsoft.AspNetCore.Http;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging.PackageFiles;
using Quern.Protocols.Branch.Recipes;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Takes a package that another farm built. It is checked like one that a worker sends, before anybody can see it.</summary>
internal static class PackageImports
{
    /// <summary>The body is the file itself.</summary>
    /// <param name="version">The upstream version, as the file itself must say.</param>
    /// <param name="sha256">What the sender means to send; null compares nothing.</param>
    /// <param name="replace">Takes the place of another file that is published so.</param>
    public static async Task<IResult> TakeAsync(
        string name, string real_version, string version, FarmStore store, BlobStore blobs, LimitSettings limits, HttpContext context,
        string? environment = null, string? architecture = null, string? sha256 = null, bool replace = false)
    {
        if (!PackageName.TryParse(name, out var package)) return ApiProblem.Bad($"The name in the address is not a package name: {PackageName.Rule}.");
        if (!RecipeText.IsRealVersion(real_version)) return ApiProblem.Bad($"The real version in the address is not {RecipeText.RealVersionRule}.");
        if (!RecipeText.IsVersion(version)) return ApiProblem.Bad($"'version' must be {RecipeText.VersionRule}.");
        if (!Words.TryParse(environment, out var kind)) return ApiProblem.Bad($"'{environment}' is not an environment: release or cross.");
        string machine = architecture ?? MachineArchitecture.Here;
        if (MachineArchitecture.Problem(machine) is { } problem) return ApiProblem.Bad(problem);
        Sha256Hash expected = default;
        if (sha256 is not null && !Sha256Hash.TryParse(sha256, out expected)) return ApiProblem.Bad("'sha256' must be 64 hexadecimal digits.");

        var cancellation = context.RequestAborted;
        if (await UploadedBody.StoreAsync(context, blobs, limits.PackageBytes) is not { } stored)
            return ApiProblem.Result(413, "Too large", $"A package may have {limits.PackageBytes} bytes; the limit is limits.package_bytes in quern.yaml.");
        if (sha256 is not null && stored.Sha256 != expected) return ApiProblem.Refused($"The file arrived with SHA-256 {stored.Sha256} and not {expected}. Send it again.");
        var check = await InspectAsync(blobs, stored, package, version, real_version, cancellation);
        if (check is not PackageCheck.Valid { Leaf: { } leaf })
            return ApiProblem.Refused($"The file is not the package {name} {version}-{real_version}: {((PackageCheck.Invalid)check).Reason}.");

        var facts = new PackageFacts(version, leaf.Description, leaf.Dependencies);
        var import = new NewImport(package, real_version, kind, machine, stored.Sha256, stored.Bytes, facts) { Replace = replace };
        var result = await store.ImportArtifactAsync(import, context.Principal().Actor, cancellation);
        if (result == ImportResult.Other)
            return ApiProblem.Conflict($"Another file is published as {name} {real_version} for {Words.Of(kind)} and {machine}; it stays. 'replace=true' puts this one in its place.");
        if (await store.FindArtifactAsync(package, kind, machine, real_version, cancellation) is not { } published)
            return ApiProblem.NotFound("The package was removed meanwhile.");
        var model = await new VersionNames(store).ModelAsync(published, cancellation);
        return Results.Json(model, ApiJson.Default.PackageModel, statusCode: result == ImportResult.Added ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<PackageCheck> InspectAsync(
        BlobStore blobs, StoredBlob stored, PackageName name, string version, string realVersion, CancellationToken cancellation)
    {
        await using var file = blobs.OpenRead(stored.Sha256) ?? throw new InvalidOperationException($"The blob {stored.Sha256} was just written and is not there.");
        return await PackageFile.InspectAsync(file, name, version, realVersion, new PackageLimits(), cancellation);
    }
}
