using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.PackageFiles;
using Quern.Packaging.Planning;
using Quern.Packaging.Roots;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.Peers.Recipes;

/// <summary>
/// The road of a recipe's job: sources, dependencies and the template root become a plan; the uploaded file becomes an
/// artifact.
/// </summary>
public sealed class RecipeRoad(
    FarmStore store,
    BlobStore blobs,
    SourceShelf sources,
    PackageShelf packages,
    RootMaker roots,
    BuildEnvironments environments) : IRecipeRoad
{
    public async Task<PreparedPlan> PrepareAsync(ClaimedJob job, Seat seat, JobLog log, CancellationToken cancellationToken)
    {
        if (await RecipeOfAsync(job, cancellationToken) is not { } recipe)
            return new PreparedPlan.Refused($"The recipe of {job.Package} (revision {job.RecipeRevision}) is not in the store. Submit it again.");
        var inputs = new PlanInputs { Recipe = recipe, Environment = job.Environment };
        // A submission is refused for this, but the file may have changed while the job waited. Nothing is fetched then.
        if (environments.Refusal(recipe.Name, job.Environment) is { } unavailable) return new PreparedPlan.Refused(unavailable);
        var settings = environments.Find(job.Environment)!;

        var direct = DependencyClosure.Direct(recipe, job.Environment);
        var (needed, missing) = await packages.ResolveAsync(direct, job.Environment, job.Architecture, cancellationToken);
        if (!missing.IsEmpty)
            return new PreparedPlan.Refused(
                $"{recipe.Name} needs {string.Join(", ", missing)}, and the farm has no finished package of that name for this environment. " +
                $"Build it first: quern build {missing[0]}.");

        var (fetched, problem) = await sources.FetchAsync(recipe, log, cancellationToken);
        if (problem is not null) return new PreparedPlan.Refused(problem);
        inputs = inputs with { Settings = settings, Sources = fetched, Packages = needed };

        if (settings is { Isolation: Isolation.Sandbox, EffectiveRoot: { } rootSettings })
        {
            // Progress goes to the log in order: the maker reports from its own task.
            var said = System.Threading.Channels.Channel.CreateBounded<string>(256);
            var making = roots.MakeAsync(rootSettings, line => said.Writer.TryWrite(line), cancellationToken);
            _ = making.ContinueWith(_ => said.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await foreach (string line in said.Reader.ReadAllAsync(cancellationToken)) await log.SayAsync(line);
            switch (await making)
            {
                case RootResult.Failed failed:
                    return new PreparedPlan.Refused(failed.Message);
                case RootResult.Ready ready:
                    inputs = inputs with { RootArchive = ready.Root.ArchiveHash };
                    if (await ForeignFilesAsync(ready.Root, needed, cancellationToken) is { } refusal) return new PreparedPlan.Refused(refusal);
                    break;
            }
        }
        return Planned(inputs);
    }

    public async Task<PreparedRecipe> OrderAsync(ClaimedJob job, CancellationToken cancellationToken)
    {
        if (await RecipeOfAsync(job, cancellationToken) is not { } recipe)
            return new PreparedRecipe.Refused($"The recipe of {job.Package} (revision {job.RecipeRevision}) is not in the store. Submit it again.");
        return environments.Refusal(recipe.Name, job.Environment) is { } unavailable
            ? new PreparedRecipe.Refused(unavailable)
            : new PreparedRecipe.Ready(new RecipeOrder(job.Id, recipe, job.Environment));
    }

    public async Task<VerifiedPackage> VerifyAsync(ClaimedJob job, StoredBlob package, JobLog log, CancellationToken cancellationToken)
    {
        if (await RecipeOfAsync(job, cancellationToken) is not { } recipe)
            return new VerifiedPackage.Bad($"The recipe of {job.Package} (revision {job.RecipeRevision}) is not in the store.");
        await using var file = blobs.OpenRead(package.Sha256);
        if (file is null) return new VerifiedPackage.Bad($"The uploaded package {package.Sha256} is not in the store.");
        switch (await PackageFile.VerifyAsync(file, recipe, new PackageLimits(), cancellationToken))
        {
            case PackageCheck.Valid valid:
                await log.SayAsync($"package {recipe.Name}-{recipe.Version}: {valid.Members.Length} members, {package.Bytes} bytes, sha256 {package.Sha256}");
                return new VerifiedPackage.Good(new ProducedArtifact(package.Sha256, package.Bytes) { Md5 = package.Md5 });
            case PackageCheck.Invalid invalid:
                return new VerifiedPackage.Bad($"The uploaded package is not taken: {invalid.Reason}");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static PreparedPlan Planned(PlanInputs inputs) => Planner.Plan(inputs) switch
    {
        PlanResult.Planned planned => new PreparedPlan.Ready(planned.Plan),
        PlanResult.Problem problem => new PreparedPlan.Refused(problem.Message),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private async Task<Recipe?> RecipeOfAsync(ClaimedJob job, CancellationToken cancellationToken) =>
        job.Package is { } name ? (await store.FindRecipeAsync(name, job.RecipeRevision, cancellationToken))?.Recipe : null;

    /// <summary>A dependent must be built against the farm's packages: what the root brings of them itself is refused.</summary>
    private async Task<string?> ForeignFilesAsync(RootTemplate root, ImmutableArray<PlannedPackage> needed, CancellationToken cancellationToken)
    {
        if (needed.IsEmpty) return null;
        var members = new List<PackageMember>();
        foreach (var package in needed)
        {
            if (await MembersAsync(package, cancellationToken) is { } found) members.AddRange(found);
        }
        var files = await roots.FilesAsync(root, cancellationToken);
        var foreign = RootCheck.DevelopmentFiles(files, members).AddRange(RootCheck.Libraries(files, members));
        return foreign.IsEmpty
            ? null
            : $"The template root ({root.Description}) holds files of packages that the farm builds itself, so the build would not show what it links: " +
              $"{string.Join(", ", foreign.Take(5))}{(foreign.Length > 5 ? $" and {foreign.Length - 5} more" : "")}. Take the package that brings them out of the root's list.";
    }

    private async Task<ImmutableArray<PackageMember>?> MembersAsync(PlannedPackage package, CancellationToken cancellationToken)
    {
        if (await store.FindRecipeAsync(package.Name, null, cancellationToken) is not { } recipe || blobs.OpenRead(package.Sha256) is not { } file) return null;
        await using (file)
        {
            var check = await PackageFile.VerifyAsync(
                file, recipe.Recipe with { Version = package.Version, Dependencies = package.Dependencies }, new PackageLimits(), cancellationToken);
            return (check as PackageCheck.Valid)?.Members;
        }
    }
}
