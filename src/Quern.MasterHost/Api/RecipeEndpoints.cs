using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.Graph;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Recipes;
using Quern.Protocols.Branch.Recipes;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Recipes: submit, show, history, differences, and the rebuild of what depends on one.</summary>
internal static class RecipeEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/recipes", SaveAsync).Needs(Right.RecipeWrite).Produces<RecipeSaveAnswer>().ProducesProblem(400).ProducesProblem(422);
        api.MapPut("/recipes/{name}", SaveNamedAsync).Needs(Right.RecipeWrite).Produces<RecipeSaveAnswer>().ProducesProblem(400).ProducesProblem(422);
        api.MapGet("/recipes", ListAsync).Needs(Right.RecipeRead).Produces<RecipePage>();
        api.MapGet("/recipes/{name}", ShowAsync).Needs(Right.RecipeRead).Produces<RecipeModel>().ProducesProblem(404);
        api.MapGet("/recipes/{name}/text", TextAsync).Needs(Right.RecipeRead).Produces(200, contentType: "text/plain").ProducesProblem(404);
        api.MapGet("/recipes/{name}/history", HistoryAsync).Needs(Right.RecipeRead).Produces<RecipeHistoryModel>().ProducesProblem(404);
        api.MapGet("/recipes/{name}/diff", DiffAsync).Needs(Right.RecipeRead).Produces<RecipeDiffModel>().ProducesProblem(404);
        api.MapDelete("/recipes/{name}", DeleteAsync).Needs(Right.RecipeWrite).Produces(204).ProducesProblem(404);
        api.MapPost("/packages/{name}/rebuild", RebuildAsync).Needs(Right.JobSubmit).Produces<RebuildAnswer>().ProducesProblem(404).ProducesProblem(422);
    }

    private static Task<IResult> SaveNamedAsync(string name, RecipeSaveRequest request, FarmStore store, HttpContext context) =>
        StoreAsync(request, name, store, context);

    private static Task<IResult> SaveAsync(RecipeSaveRequest request, FarmStore store, HttpContext context) => StoreAsync(request, null, store, context);

    private static async Task<IResult> StoreAsync(RecipeSaveRequest request, string? expectedName, FarmStore store, HttpContext context)
    {
        if (request.Note is { Length: > 2000 }) return ApiProblem.Bad("'note' must have at most 2000 characters.");
        if (request.Text is null == request.Package is null) return ApiProblem.Bad("Send either 'text', a recipe file, or 'package', an object with the ten keys of a Branch package build.");
        RecipeIntake intake;
        if (request.Package is { } package)
        {
            if (!BranchPackageBuildJson.TryRead(package, new RecipeLimits(), out var build, out string? error)) return ApiProblem.Bad($"'package' is not a Branch package build: {error}");
            var newest = PackageName.TryParse(build.Name, out var name) ? await store.FindRecipeAsync(name, null, context.RequestAborted) : null;
            intake = RecipeIntake.FromBranch(build, newest?.Recipe);
        }
        else
        {
            intake = RecipeIntake.FromText(request.Text!);
        }
        ImmutableArray<TextProblem> problems =
            [.. intake.Problems.Select(p => new TextProblem(p.Line, p.Column, p.Severity == RecipeSeverity.Error ? "error" : "warning", p.Message))];
        if (intake.Recipe is not { } recipe)
            return (new ApiProblem("Recipe refused", 422, $"The recipe has {problems.Count(p => p.Severity == "error")} errors.") { Problems = problems }).ToResult();
        if (expectedName is not null && recipe.Name.Value != expectedName)
            return ApiProblem.Refused($"The recipe is named '{recipe.Name}', but the address says '{expectedName}'.");
        var before = await store.FindRecipeAsync(recipe.Name, null, context.RequestAborted);
        string? previous = before is not null && before.Recipe.RealVersion != recipe.RealVersion ? $"{before.Recipe.Version}-{before.Recipe.RealVersion}" : null;
        if (request.Check)
            return Results.Json(new RecipeSaveAnswer(recipe.Name.Value, recipe.Version, recipe.RealVersion, 0, before?.Text != intake.Text, previous, problems), ApiJson.Default.RecipeSaveAnswer);
        string note = string.Join("; ", intake.Notes.Prepend(request.Note ?? "").Where(n => n.Length > 0));
        var saved = await store.SaveRecipeAsync(recipe, intake.Text, note, context.Principal().Actor, context.RequestAborted);
        return Results.Json(new RecipeSaveAnswer(recipe.Name.Value, recipe.Version, recipe.RealVersion, saved.Revision, saved.Changed, previous, problems), ApiJson.Default.RecipeSaveAnswer);
    }

    private static async Task<IResult> ListAsync(FarmStore store, CancellationToken cancellationToken, string? after = null, int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var all = await store.ListRecipesAsync(cancellationToken);
        var items = all.Where(r => !r.Deleted && (after is null || string.CompareOrdinal(r.Recipe.Name.Value, after) > 0))
            .OrderBy(r => r.Recipe.Name.Value, StringComparer.Ordinal).Take(limit + 1).ToList();
        string? next = items.Count > limit ? items[limit - 1].Recipe.Name.Value : null;
        return Results.Json(new RecipePage([.. items.Take(limit).Select(r => RecipeModel.Of(r, withText: false))], next), ApiJson.Default.RecipePage);
    }

    private static async Task<IResult> ShowAsync(string name, FarmStore store, CancellationToken cancellationToken, int? revision = null) =>
        await FindAsync(name, revision, store, cancellationToken) is { } found
            ? Results.Json(RecipeModel.Of(found, withText: true), ApiJson.Default.RecipeModel)
            : NoRecipe(name, revision);

    /// <param name="dialect"><c>branch</c> gives the form for Branch programs: no comments, no line without <c>=</c>, their ten keys.</param>
    private static async Task<IResult> TextAsync(string name, FarmStore store, CancellationToken cancellationToken, int? revision = null, string? dialect = null)
    {
        if (dialect is not (null or "branch")) return ApiProblem.Bad($"'{dialect}' is not a dialect: 'branch', or leave it out.");
        if (await FindAsync(name, revision, store, cancellationToken) is not { } found) return NoRecipe(name, revision);
        return Results.Text(dialect is null ? found.Text : RecipeTranslation.WriteForBranch(found.Recipe), "text/plain; charset=utf-8");
    }

    private static async Task<IResult> HistoryAsync(string name, FarmStore store, CancellationToken cancellationToken)
    {
        if (!PackageName.TryParse(name, out var package)) return NoRecipe(name, null);
        var history = await store.RecipeHistoryAsync(package, cancellationToken);
        return history.IsEmpty
            ? NoRecipe(name, null)
            : Results.Json(new RecipeHistoryModel(name, [.. history.Select(r => new RecipeRevisionModel(r.Revision, r.RealVersion, r.Author.Name, r.Time, r.Note))]), ApiJson.Default.RecipeHistoryModel);
    }

    /// <param name="from">Null for the one before <paramref name="to"/>.</param>
    /// <param name="to">Null for the newest.</param>
    private static async Task<IResult> DiffAsync(string name, FarmStore store, CancellationToken cancellationToken, int? from = null, int? to = null)
    {
        if (await FindAsync(name, to, store, cancellationToken) is not { } newer) return NoRecipe(name, to);
        int older = from ?? Math.Max(1, newer.Revision - 1);
        if (await FindAsync(name, older, store, cancellationToken) is not { } old) return NoRecipe(name, older);
        string text = RecipeDiff.Unified(old.Text, newer.Text, $"{name} revision {old.Revision}", $"{name} revision {newer.Revision}");
        return Results.Json(new RecipeDiffModel(name, old.Revision, newer.Revision, text), ApiJson.Default.RecipeDiffModel);
    }

    private static async Task<IResult> DeleteAsync(string name, FarmStore store, HttpContext context) =>
        PackageName.TryParse(name, out var package) && await store.DeleteRecipeAsync(package, context.Principal().Actor, context.RequestAborted)
            ? Results.NoContent()
            : NoRecipe(name, null);

    private static async Task<IResult> RebuildAsync(
        string name, RebuildRequest request, FarmStore store, RecipeBuilds builds, JobSubmitter submitter, HttpContext context)
    {
        if (!PackageName.TryParse(name, out var package)) return NoRecipe(name, null);
        if (!Words.TryParse(request.Environment, out var parsed)) return ApiProblem.Bad($"'{request.Environment}' is not an environment: release or cross.");
        BuildEnvironment? environment = request.Environment is null ? null : parsed;
        string architecture = request.Architecture ?? MachineArchitecture.Here;
        if (MachineArchitecture.Problem(architecture) is { } problem) return ApiProblem.Bad(problem);

        var recipes = await store.ListRecipesAsync(context.RequestAborted);
        var graph = PackageGraph.Build(recipes.Where(r => !r.Deleted).Select(r => PackageNode.Of(r.Recipe)));
        var plan = graph.PlanRebuild([package], environment);
        if (!plan.UnknownPackages.IsEmpty) return NoRecipe(name, null);
        ImmutableArray<string> cycles = [.. plan.Cycles.Select(c => string.Join(" needs ", c))];
        ImmutableArray<string> unknown = [.. plan.UnknownDependencies.Select(u => $"{u.Package} needs {u.Missing}, which has no recipe")];
        ImmutableArray<ImmutableArray<string>> layers = [.. plan.Layers().Select(l => l.Select(b => b.Package.Value).ToImmutableArray())];
        var answer = new RebuildAnswer(plan.Builds.Length, graph.Count, layers, cycles, unknown, null, []);
        if (request.DryRun) return Results.Json(answer, ApiJson.Default.RebuildAnswer);
        if (!cycles.IsEmpty) return ApiProblem.Refused($"There is no order in which to rebuild: {string.Join("; ", cycles)}.");
        if (!unknown.IsEmpty) return ApiProblem.Refused($"The rebuild cannot succeed: {string.Join("; ", unknown.Take(10))}.");

        var submit = new SubmitRequest { Jobs = [], Batch = $"rebuild of {name} and its dependers", ContinueOnFailure = request.ContinueOnFailure };
        var taken = await submitter.StoreAsync(await builds.JobsOfAsync(plan, architecture, context.RequestAborted), submit, context.Principal(), context.RequestAborted);
        return taken is Taken.Accepted accepted
            ? Results.Json(answer with { Batch = accepted.Answer.Batch, Jobs = accepted.Answer.Jobs }, ApiJson.Default.RebuildAnswer)
            : JobEndpoints.ToResult(taken);
    }

    private static async Task<StoredRecipe?> FindAsync(string name, int? revision, FarmStore store, CancellationToken cancellationToken)
    {
        if (!PackageName.TryParse(name, out var package)) return null;
        var found = await store.FindRecipeAsync(package, revision, cancellationToken);
        // A named revision of a deleted recipe is still history; the newest of it is nothing.
        return found is { Deleted: true } && revision is null ? null : found;
    }

    private static IResult NoRecipe(string name, int? revision)
    {
        string shown = PackageName.IsValid(name) ? name : "of that name";
        return ApiProblem.NotFound(revision is null ? $"There is no recipe {shown}." : $"There is no revision {revision} of the recipe {shown}.");
    }
}
