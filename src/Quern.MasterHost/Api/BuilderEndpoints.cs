using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Builders: what there is, and runs of them.</summary>
internal static class BuilderEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/builders", List).Needs(Right.BuilderRead).Produces<BuilderPage>();
        api.MapGet("/builders/{name}", Show).Needs(Right.BuilderRead).Produces<BuilderModel>().ProducesProblem(404);
        api.MapGet("/builders/{name}/runs", RunsAsync).Needs(Right.JobRead).Produces<JobPage>();
        api.MapPost("/builders/{name}/runs", RunAsync).Needs(Right.BuilderRun)
            .Produces<SubmitAnswer>(StatusCodes.Status201Created).ProducesProblem(400).ProducesProblem(404).ProducesProblem(422);
    }

    private static IResult List(BuilderShelf shelf) =>
        Results.Json(new BuilderPage([.. shelf.All.Select(BuilderModel.Of)], null), ApiJson.Default.BuilderPage);

    private static IResult Show(string name, BuilderShelf shelf) =>
        shelf.Find(name) is { } builder ? Results.Json(BuilderModel.Of(builder), ApiJson.Default.BuilderModel) : NoBuilder(name, shelf);

    /// <summary>Newest first; also of builders that the configuration no longer has.</summary>
    private static async Task<IResult> RunsAsync(string name, FarmStore store, CancellationToken cancellationToken, long? before = null, int limit = 50)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var rows = await store.ListJobsAsync(new JobFilter { Builder = name, BeforeNumber = before, Limit = limit }, cancellationToken);
        return Results.Json(new JobPage([.. rows.Select(JobModel.Of)], rows.Length == limit ? rows[^1].Number : null), ApiJson.Default.JobPage);
    }

    private static async Task<IResult> RunAsync(string name, BuilderShelf shelf, BuilderRuns runs, HttpContext context, RunRequest? request = null) =>
        shelf.Find(name) is { } builder
            ? JobEndpoints.ToResult(await runs.RunAsync(builder, request ?? new RunRequest(), context.Principal(), context.RequestAborted))
            : NoBuilder(name, shelf);

    private static IResult NoBuilder(string name, BuilderShelf shelf) => ApiProblem.NotFound(
        $"There is no builder '{(name.Length <= 100 ? name : name[..100] + "...")}' in the configuration.{Suggestion.For(name, shelf.All.Select(b => b.Name))}");
}
