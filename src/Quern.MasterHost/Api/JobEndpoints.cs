using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.Graph;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Jobs and batches.</summary>
internal static class JobEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/jobs", SubmitAsync).Needs(Right.JobSubmit).Produces<SubmitAnswer>(StatusCodes.Status201Created).ProducesProblem(400).ProducesProblem(422);
        api.MapGet("/jobs", ListAsync).Needs(Right.JobRead).Produces<JobPage>();
        api.MapGet("/jobs/{job}", ShowAsync).Needs(Right.JobRead).Produces<JobModel>().ProducesProblem(404);
        api.MapPost("/jobs/{job}/cancel", CancelAsync).Needs(Right.JobCancel).Produces<JobModel>().ProducesProblem(404).ProducesProblem(409);
        api.MapGet("/jobs/{job}/why", WhyAsync).Needs(Right.JobRead).Produces<WhyModel>().ProducesProblem(404);
        api.MapPost("/batches", SubmitBatchAsync).Needs(Right.JobSubmit).Produces<SubmitAnswer>(StatusCodes.Status201Created).Produces<BatchPlanAnswer>()
            .ProducesProblem(400).ProducesProblem(422);
        api.MapGet("/batches/{batch}", ShowBatchAsync).Needs(Right.JobRead).Produces<BatchModel>().ProducesProblem(404);
    }

    public static IResult ToResult(Taken taken) => taken switch
    {
        Taken.Accepted accepted => Results.Json(accepted.Answer, ApiJson.Default.SubmitAnswer, statusCode: StatusCodes.Status201Created),
        Taken.Bad bad => ApiProblem.Bad(bad.Why),
        Taken.Refused refused => ApiProblem.Refused(refused.Why),
        Taken.Forbidden forbidden => ApiProblem.Forbidden(forbidden.Why),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static async Task<IResult> SubmitAsync(SubmitRequest request, JobSubmitter submitter, HttpContext context) =>
        ToResult(await submitter.SubmitAsync(request, context.Principal(), context.RequestAborted));

    private static async Task<IResult> ListAsync(
        FarmStore store, CancellationToken cancellationToken, string? state = null, string? package = null, string? batch = null, string? builder = null, long? before = null, int limit = 50)
    {
        var states = ImmutableArray.CreateBuilder<JobState>();
        foreach (string word in (state ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!JobStates.TryParse(word, out var parsed))
                return ApiProblem.Bad($"'{word}' is not a state; there are {string.Join(", ", Enum.GetValues<JobState>().Select(s => s.Word()))}.");
            states.Add(parsed);
        }
        PackageName name = default;
        if (package is not null && !PackageName.TryParse(package, out name)) return ApiProblem.Bad($"'{package}' is not a package name: {PackageName.Rule}.");
        BatchId batchId = default;
        if (batch is not null && !BatchId.TryParse(batch, out batchId)) return ApiProblem.Bad($"'{batch}' is not the id of a batch.");
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var rows = await store.ListJobsAsync(new JobFilter
        {
            States = states.ToImmutable(),
            Package = package is null ? null : name,
            Batch = batch is null ? null : batchId,
            Builder = builder,
            BeforeNumber = before,
            Limit = limit,
        }, cancellationToken);
        return Results.Json(new JobPage([.. rows.Select(JobModel.Of)], rows.Length == limit ? rows[^1].Number : null), ApiJson.Default.JobPage);
    }

    private static async Task<IResult> ShowAsync(string job, FarmStore store, CancellationToken cancellationToken)
    {
        if (await store.FindJobAsync(job, cancellationToken) is not { } row) return NoJob(job);
        return await JobResultAsync(row, store, cancellationToken);
    }

    private static async Task<IResult> CancelAsync(string job, FarmStore store, HttpContext context, CancelRequest? request = null)
    {
        if (await store.FindJobAsync(job, context.RequestAborted) is not { } row) return NoJob(job);
        var who = context.Principal();
        string reason = request?.Reason is { Length: > 0 and <= 500 } given ? given : $"cancelled by {who.Name}";
        switch (await store.CancelAsync(row.Id, reason, who.Actor, context.RequestAborted))
        {
            case CancelResult.NotFound:
                return NoJob(job);
            case CancelResult.AlreadyFinished finished:
                return ApiProblem.Conflict($"Job {row.Number} is already {finished.State.Word()}.");
            default:
                return await JobResultAsync(await store.FindJobAsync(job, context.RequestAborted) ?? row, store, context.RequestAborted);
        }
    }

    private static async Task<IResult> WhyAsync(string job, WhyAnswers why, FarmStore store, CancellationToken cancellationToken)
    {
        if (await store.FindJobAsync(job, cancellationToken) is not { } row) return NoJob(job);
        return Results.Json(await why.ExplainAsync(row, cancellationToken), ApiJson.Default.WhyModel);
    }

    private static async Task<IResult> SubmitBatchAsync(BatchRequest request, RecipeBuilds builds, JobSubmitter submitter, FarmStore store, HttpContext context)
    {
        if (!Words.TryParse(request.Environment, out var environment)) return ApiProblem.Bad($"'{request.Environment}' is not an environment: release or cross.");
        string architecture = request.Architecture ?? MachineArchitecture.Here;
        if (MachineArchitecture.Problem(architecture) is { } problem) return ApiProblem.Bad(problem);
        if (request.Steps.IsDefaultOrEmpty || request.Steps.All(s => s.IsDefaultOrEmpty)) return ApiProblem.Bad("'steps' holds no package.");
        var steps = new List<IReadOnlyCollection<PackageName>>();
        int count = 0;
        foreach (var step in request.Steps)
        {
            if (step.IsDefault) return ApiProblem.Bad("'steps' must be a list of lists of package names.");
            var names = new List<PackageName>();
            foreach (string text in step)
            {
                if (!PackageName.TryParse(text, out var name)) return ApiProblem.Bad($"'{text}' is not a package name: {PackageName.Rule}.");
                names.Add(name);
                if (++count > 10_000) return ApiProblem.Bad("'steps' holds over 10000 packages.");
            }
            steps.Add(names);
        }
        var order = SolutionOrder.Of(steps);
        if (request.DryRun) return Results.Json(PlanOf(order, environment, await store.ListRecipesAsync(context.RequestAborted)), ApiJson.Default.BatchPlanAnswer);
        var submit = new SubmitRequest { Jobs = [], Batch = request.Title is { Length: > 0 and <= 200 } title ? title : $"{count} packages", ContinueOnFailure = request.ContinueOnFailure };
        var completed = await builds.JobsOfAsync(order, environment, architecture, context.RequestAborted);
        return ToResult(await submitter.StoreAsync(completed, submit, context.Principal(), context.RequestAborted));
    }

    private static BatchPlanAnswer PlanOf(ImmutableArray<SolutionOrder.Build> order, BuildEnvironment environment, ImmutableArray<StoredRecipe> recipes)
    {
        var graph = PackageGraph.Build(recipes.Select(r => PackageNode.Of(r.Recipe)));
        return new BatchPlanAnswer(
            order.Length,
            [.. order.GroupBy(b => b.Step).Select(s => s.Select(b => b.Package.Value).ToImmutableArray())],
            [.. order.Select(b => b.Package).Distinct().Where(n => !graph.Contains(n)).Select(n => n.Value)],
            [.. SolutionOrder.Doubts(order, graph, environment).Select(SentenceOf)]);
    }

    private static string SentenceOf(SolutionOrder.Doubt doubt) =>
        $"{doubt.Package} of step {doubt.Step + 1} needs {doubt.Need}, which {(doubt.Step == doubt.NeedStep ? "is built in the same step" : $"is built in step {doubt.NeedStep + 1}")}.";

    private static async Task<IResult> ShowBatchAsync(string batch, FarmStore store, CancellationToken cancellationToken)
    {
        if (!BatchId.TryParse(batch, out var id)) return ApiProblem.NotFound($"'{batch}' is not the id of a batch.");
        var rows = ImmutableArray.CreateBuilder<JobRow>();
        long? before = null;
        // A batch is bounded by what one submission may hold.
        while (await store.ListJobsAsync(new JobFilter { Batch = id, BeforeNumber = before, Limit = 1000 }, cancellationToken) is { IsEmpty: false } page)
        {
            rows.AddRange(page);
            before = page[^1].Number;
            if (page.Length < 1000) break;
        }
        if (rows.Count == 0) return ApiProblem.NotFound($"There is no batch {batch}.");
        rows.Reverse();
        var counts = rows.GroupBy(r => r.State.Word()).ToImmutableSortedDictionary(g => g.Key, g => g.Count());
        return Results.Json(new BatchModel(batch, counts, [.. rows.Select(JobModel.Of)]), ApiJson.Default.BatchModel);
    }

    private static async Task<IResult> JobResultAsync(JobRow row, FarmStore store, CancellationToken cancellationToken)
    {
        var needs = await store.NeedsOfAsync(row.Id, cancellationToken);
        var plan = row.Builder.Length > 0 ? await store.PlanOfAsync(row.Id, cancellationToken) : null;
        var steps = await store.ListStepsAsync(row.Id, row.Attempt, cancellationToken);
        var model = JobModel.Of(row) with
        {
            Needs = [.. needs.Select(n => n.ToString())],
            Properties = plan is { Builder.Length: > 0 } ? plan.Properties : null,
            Steps = [.. steps.Select(StepModel.Of)],
        };
        return Results.Json(model, ApiJson.Default.JobModel);
    }

    public static IResult NoJob(string job) => ApiProblem.NotFound($"There is no job '{Short(job)}'; a job is named by its number or its id.");

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
