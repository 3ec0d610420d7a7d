using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.MasterHost.Agents;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Agents and the keys that let them in. The gate asks for the right in some group; for the group that it is about the desk decides.</summary>
internal static class AgentEndpoints
{
    private const long MaxProgramBytes = 512 << 20;

    public static void Map(IEndpointRouteBuilder api)
    {
        var agents = api.MapGroup("/agents");
        agents.MapGet("", ListAsync).NeedsInAnyGroup(Right.AgentList).Produces<AgentPage>();
        agents.MapGet("/{agent}", ShowAsync).NeedsInAnyGroup(Right.AgentList).Produces<AgentModel>().ProducesProblem(404);
        agents.MapDelete("/{agent}", async (string agent, IAgentDesk desk, HttpContext context) =>
                (await desk.ModerateAsync(context.Caller(), agent, AgentModeration.Forget, context.RequestAborted)).ToResult())
            .NeedsInAnyGroup(Right.AgentApprove).Does(EstateActs.AgentModerate, _ => Gravity.Of(AgentModeration.Forget))
            .Produces(204).ProducesProblem(404);
        agents.MapPost("/{agent}/rename", (string agent, AgentNameRequest request, IAgentDesk desk, HttpContext context) =>
            ChangeAsync(desk, context, desk.RenameAsync(context.Caller(), agent, request.Name, context.RequestAborted))).Does(EstateActs.AgentCare).Changes();
        MapModeration(agents, "approve", AgentModeration.Approve);
        MapModeration(agents, "reject", AgentModeration.Reject);
        MapModeration(agents, "revoke", AgentModeration.RevokeCertificate);
        agents.MapPost("/{agent}/drain", (string agent, IAgentDesk desk, HttpContext context) =>
            ChangeAsync(desk, context, desk.DrainAsync(context.Caller(), agent, drained: true, context.RequestAborted))).Does(EstateActs.AgentCare).Changes();
        agents.MapPost("/{agent}/resume", (string agent, IAgentDesk desk, HttpContext context) =>
            ChangeAsync(desk, context, desk.DrainAsync(context.Caller(), agent, drained: false, context.RequestAborted))).Does(EstateActs.AgentCare).Changes();
        agents.MapPost("/{agent}/rotate", (string agent, IAgentDesk desk, HttpContext context) =>
            ChangeAsync(desk, context, desk.RotateAsync(context.Caller(), agent, context.RequestAborted))).Does(EstateActs.AgentCare).Changes();

        agents.MapGet("/upgrade", (AgentUpgrades upgrades, HttpContext context) => upgrades.StandingFor(context.Caller()) is { } standing
                ? Results.Json(AgentUpgradeModel.Of(standing), ApiJson.Default.AgentUpgradeModel)
                : ApiProblem.NotFound("No agent was upgraded since the master started."))
            .NeedsInAnyGroup(Right.AgentList).Produces<AgentUpgradeModel>().ProducesProblem(404);
        agents.MapPost("/upgrade", UpgradeAsync).NeedsInAnyGroup(Right.AgentDeploy).Does(EstateActs.AgentUpgrade)
            .Produces<AgentUpgradeModel>(202).ProducesProblem(404).ProducesProblem(409);

        var keys = agents.MapGroup("/keys");
        keys.MapGet("", async (IAgentDesk desk, HttpContext context, string group = "") => Results.Json(
                new EnrolmentKeyPage([.. (await desk.ListKeysAsync(context.Caller(), group, context.RequestAborted)).Select(EnrolmentKeyModel.Of)]), ApiJson.Default.EnrolmentKeyPage))
            .NeedsInAnyGroup(Right.AgentApprove).Produces<EnrolmentKeyPage>();
        keys.MapPost("", CreateKeyAsync).NeedsInAnyGroup(Right.AgentApprove).Does(EstateActs.KeyCreate)
            .Produces<EnrolmentKeyAnswer>(201).ProducesProblem(422);
        keys.MapDelete("/{id}", async (string id, IAgentDesk desk, HttpContext context) =>
                (await desk.RevokeKeyAsync(context.Caller(), id, context.RequestAborted)).ToResult())
            .NeedsInAnyGroup(Right.AgentApprove).Does(EstateActs.KeyRevoke).Produces(204).ProducesProblem(404);
    }

    private static void MapModeration(IEndpointRouteBuilder agents, string word, AgentModeration action) =>
        agents.MapPost($"/{{agent}}/{word}", (string agent, IAgentDesk desk, HttpContext context) =>
            ChangeAsync(desk, context, desk.ModerateAsync(context.Caller(), agent, action, context.RequestAborted))).Does(EstateActs.AgentModerate, _ => Gravity.Of(action)).Changes();

    private static void Changes(this RouteHandlerBuilder route) => route.NeedsInAnyGroup(Right.AgentApprove).Produces<AgentModel>().ProducesProblem(404).ProducesProblem(409);

    private static async Task<IResult> ListAsync(IAgentDesk desk, HttpContext context, string group = "", bool online = false, string after = "", int limit = 200)
    {
        if (ApiProblem.OfLimit(limit) is { } wrong) return wrong;
        var page = await desk.ListAsync(context.Caller(), group, online, after, limit, context.RequestAborted);
        return Results.Json(new AgentPage([.. page.Items.Select(AgentModel.Of)], page.Next.Length == 0 ? null : page.Next), ApiJson.Default.AgentPage);
    }

    private static async Task<IResult> ShowAsync(string agent, IAgentDesk desk, HttpContext context) =>
        await desk.FindAsync(context.Caller(), agent, context.RequestAborted) is { } found
            ? Results.Json(AgentModel.Of(found), ApiJson.Default.AgentModel)
            : ApiProblem.NotFound("There is no such agent.");

    private static async Task<IResult> ChangeAsync(IAgentDesk desk, HttpContext context, Task<EstateAnswer> change)
    {
        var answer = await change;
        return await answer.ToResultAsync(() => ShowAsync(answer.Id, desk, context));
    }

    private static async Task<IResult> UpgradeAsync(
        AgentUpgrades upgrades, PayloadOffers payloads, BlobStore blobs, HttpContext context, [FromQuery] string[] agent, string group = "", bool payload = false)
    {
        var (agents, problem) = await upgrades.ChooseAsync(context.Caller(), group, [.. agent], context.RequestAborted);
        if (problem is not null) return problem.ToProblem();
        ImmutableArray<AgentOffer> offers;
        if (payload)
        {
            // What was sent by mistake is not passed over.
            if (await context.Request.Body.ReadAsync(new byte[1], context.RequestAborted) > 0)
                return ApiProblem.Bad("With 'payload=true' the programs are those of the farm's payload folder, and the body must be empty.");
            offers = await payloads.ForAsync(agents, context.RequestAborted);
        }
        else
        {
            if (await UploadedBody.StoreAsync(context, blobs, MaxProgramBytes) is not { Bytes: > 0 } program)
                return ApiProblem.Bad($"The body must be the program, from 1 to {MaxProgramBytes >> 20} MiB; or give 'payload=true' for those of the farm's payload folder.");
            offers = [.. agents.Select(a => new AgentOffer(a, program.Sha256))];
        }
        return upgrades.Start(offers, context.Principal().Actor).ToResult(() =>
            Results.Json(AgentUpgradeModel.Of(upgrades.StandingFor(context.Caller())!), ApiJson.Default.AgentUpgradeModel, statusCode: StatusCodes.Status202Accepted));
    }

    private static async Task<IResult> CreateKeyAsync(EnrolmentKeyRequest request, IAgentDesk desk, HttpContext context)
    {
        var made = await desk.CreateKeyAsync(context.Caller(), new NewEnrolmentKey(
            request.Group, request.MaxUses, TimeSpan.FromSeconds(request.LifetimeSeconds), request.RequireApproval, [.. request.Networks ?? []], request.Note)
        {
            Tags = [.. request.Tags ?? []],
            Slots = request.Slots,
        }, context.RequestAborted);
        return made.Answer.ToResult(() =>
            Results.Json(new EnrolmentKeyAnswer(made.Answer.Id, made.Secret, made.ExpiresAt), ApiJson.Default.EnrolmentKeyAnswer, statusCode: StatusCodes.Status201Created));
    }
}
