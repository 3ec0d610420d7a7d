using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>Workers and the farm as a whole.</summary>
internal static class WorkerEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/workers", ListAsync).Needs(Right.WorkerRead).Produces<WorkerPage>();
        api.MapGet("/workers/{name}", ShowAsync).Needs(Right.WorkerRead).Produces<WorkerModel>().ProducesProblem(404);
        api.MapPut("/workers/{name}/slots", SetSlotsAsync).Needs(Right.WorkerWrite).Does(EstateActs.WorkerCare).Produces<WorkerModel>().ProducesProblem(400).ProducesProblem(404);
        api.MapPost("/workers/{name}/shutdown", SendHomeAsync).Needs(Right.WorkerWrite).Does(EstateActs.WorkerCare).Produces<WorkerModel>(202).ProducesProblem(404);
        api.MapPost("/workers/{name}/credential", CredentialAsync).Needs(Right.WorkerWrite).Does(EstateActs.WorkerCredential)
            .Produces<WorkerCredentialAnswer>().ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        api.MapGet("/farm", FarmAsync).Needs(Right.FarmRead).Produces<FarmModel>();
    }

    private static async Task<IResult> ListAsync(WorkerBook workers, CancellationToken cancellationToken, string? after = null, int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var (page, next) = await workers.ListAsync(after, limit, cancellationToken);
        return Results.Json(new WorkerPage(page, next), ApiJson.Default.WorkerPage);
    }

    private static async Task<IResult> ShowAsync(string name, WorkerBook workers, CancellationToken cancellationToken) =>
        WorkerName.TryParse(name, out var worker) && await workers.FindAsync(worker, cancellationToken) is { } found
            ? Results.Json(found, ApiJson.Default.WorkerModel)
            : ApiProblem.NotFound("There is no worker of that name.");

    private static async Task<IResult> SetSlotsAsync(string name, SlotsRequest request, WorkerSlots slots, WorkerBook workers, HttpContext context)
    {
        if (request.Slots is < 1 or > WorkerSlots.Max) return ApiProblem.Bad($"'slots' must be from 1 to {WorkerSlots.Max}.");
        return WorkerName.TryParse(name, out var worker) &&
            await slots.ChangeAsync(worker, request.Slots, context.Principal().Actor, context.RequestAborted) &&
            await workers.FindAsync(worker, context.RequestAborted) is { } found
            ? Results.Json(found, ApiJson.Default.WorkerModel)
            : ApiProblem.NotFound("No worker of that name has an account.");
    }

    private static async Task<IResult> CredentialAsync(string name, WorkerCredentialRequest request, WorkerCredentials credentials, HttpContext context)
    {
        if (request.Slots is < 1 or > WorkerSlots.Max) return ApiProblem.Bad($"'slots' must be from 1 to {WorkerSlots.Max}.");
        if (!WorkerName.TryParse(name, out var worker)) return ApiProblem.Bad($"A worker's name is {WorkerName.Rule}.");
        if (request.Password is { } brought && WorkerPasswordRules.Problem(brought) is { } wrong) return ApiProblem.Bad(wrong);
        var (made, problem) = await credentials.SetAsync(
            worker, request.Rotate, request.Slots, request.Password, context.Principal().Actor, context.RequestAborted);
        return problem switch
        {
            WorkerCredentialProblem.None => Results.Json(new WorkerCredentialAnswer(name, made), ApiJson.Default.WorkerCredentialAnswer),
            WorkerCredentialProblem.NoWorker => ApiProblem.NotFound("No worker of that name has an account; ask for a credential without 'rotate' to make one."),
            WorkerCredentialProblem.OfFile => ApiProblem.Conflict("The worker belongs to the configuration file (key 'workers'); change its password there."),
            WorkerCredentialProblem.OfAgent => ApiProblem.Conflict("The worker is an agent: it has a certificate and no password. Have that renewed with 'quern agent rotate'."),
            _ => ApiProblem.Conflict("There is a worker of that name; 'rotate' gives it a new password."),
        };
    }

    private static async Task<IResult> SendHomeAsync(string name, WorkerPool pool, WorkerBook workers, CancellationToken cancellationToken) =>
        WorkerName.TryParse(name, out var worker) && pool.Dismiss(worker) && await workers.FindAsync(worker, cancellationToken) is { } found
            ? Results.Json(found, ApiJson.Default.WorkerModel, statusCode: StatusCodes.Status202Accepted)
            : ApiProblem.NotFound("No worker of that name is connected.");

    private static async Task<IResult> FarmAsync(WorkerBook workers, CancellationToken cancellationToken) =>
        Results.Json(await workers.FarmAsync(cancellationToken), ApiJson.Default.FarmModel);
}
