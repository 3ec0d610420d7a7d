using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;

namespace Quern.MasterHost.Api;

/// <summary>Workers and the farm as a whole.</summary>
internal static class WorkerEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/workers", ListAsync).Needs(Right.WorkerRead).Produces<WorkerPage>();
        api.MapGet("/workers/{name}", ShowAsync).Needs(Right.WorkerRead).Produces<WorkerModel>().ProducesProblem(404);
        api.MapGet("/farm", FarmAsync).Needs(Right.FarmRead).Produces<FarmModel>();
    }

    private static async Task<IResult> ListAsync(WorkerBook workers, CancellationToken cancellationToken, string? after = null, int limit = 200)
    {
        if (limit is < 1 or > 1000) return ApiProblem.Bad("'limit' must be from 1 to 1000.");
        var (page, next) = await workers.ListAsync(after, limit, cancellationToken);
        return Results.Json(new WorkerPage(page, next), ApiJson.Default.WorkerPage);
    }

    private static async Task<IResult> ShowAsync(string name, WorkerBook workers, CancellationToken cancellationToken) =>
        WorkerName.TryParse(name, out var worker) && await workers.FindAsync(worker, cancellationToken) is { } found
            ? Results.Json(found, ApiJson.Default.WorkerModel)
            : ApiProblem.NotFound("There is no worker of that name.");

    private static async Task<IResult> FarmAsync(WorkerBook workers, CancellationToken cancellationToken) =>
        Results.Json(await workers.FarmAsync(cancellationToken), ApiJson.Default.FarmModel);
}
