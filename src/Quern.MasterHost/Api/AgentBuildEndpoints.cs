using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Quern.Agents;
using Quern.MasterHost.Access;
using Quern.MasterHost.Agents;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Agents made to order. The desk decides within which groups a caller may.</summary>
internal static class AgentBuildEndpoints
{
    private const string Download = "/agents/download/";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/agents/builds", OrderAsync).NeedsInAnyGroup(Right.AgentBuild).Does(EstateActs.AgentBuild)
            .Produces<AgentBuildModel>(202).ProducesProblem(403).ProducesProblem(422).ProducesProblem(429);
        api.MapGet("/agents/builds", ListAsync).NeedsInAnyGroup(Right.AgentBuild).Produces<AgentBuildPage>();
        api.MapGet("/agents/builds/{build}", ShowAsync).NeedsInAnyGroup(Right.AgentBuild).Produces<AgentBuildModel>().ProducesProblem(404);
        api.MapMethods("/agents/builds/{build}/artifact", ["GET", "HEAD"], FetchAsync).NeedsInAnyGroup(Right.AgentBuild).Does(EstateActs.AgentArtifact)
            .Produces(200, contentType: "application/octet-stream").ProducesProblem(404).ProducesProblem(409);
        api.MapPost("/agents/builds/{build}/link", LinkAsync).NeedsInAnyGroup(Right.AgentBuild).Does(EstateActs.AgentArtifact)
            .Produces<AgentLinkModel>(201).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429).ProducesProblem(503);
        api.MapGet("/agents/payloads", Payloads).NeedsInAnyGroup(Right.AgentBuild).Produces<AgentPayloadPage>();
        // GET alone: a HEAD would use the link up, or would have to tell whether it is good.
        api.MapGet(Download + "{secret}", TakeAsync).Open().Produces(200, contentType: "application/octet-stream").ProducesProblem(404);
    }

    private static async Task<IResult> OrderAsync(AgentBuildRequest request, AgentBuilds builds, HttpContext context)
    {
        var caller = context.Caller();
        var order = new AgentOrder(request.Group, request.Platform ?? "", request.Format, request.Deploy is { } target ? TargetOf(target) : null)
        {
            Tags = [.. request.Tags ?? []],
            Slots = request.Slots,
            Addresses = [.. request.Addresses ?? []],
        };
        var answer = await builds.BuildAsync(caller, order, _ => { }, context.RequestAborted);
        return await answer.ToResultAsync(async () =>
        {
            context.Response.Headers.Location = $"/api/v1/agents/builds/{answer.Id}";
            var build = await builds.FindAsync(caller, answer.Id, context.RequestAborted);
            return build is null ? Results.Accepted() : Results.Json(AgentBuildModel.Of(build), ApiJson.Default.AgentBuildModel, statusCode: 202);
        });
    }

    private static async Task<IResult> ListAsync(AgentBuilds builds, HttpContext context) =>
        Results.Json(new AgentBuildPage([.. (await builds.ListAsync(context.Caller(), context.RequestAborted)).Select(AgentBuildModel.Of)]), ApiJson.Default.AgentBuildPage);

    private static async Task<IResult> ShowAsync(string build, AgentBuilds builds, HttpContext context) =>
        await builds.FindAsync(context.Caller(), build, context.RequestAborted) is { } found
            ? Results.Json(AgentBuildModel.Of(found), ApiJson.Default.AgentBuildModel)
            : NoBuild();

    private static async Task<IResult> FetchAsync(string build, AgentBuilds builds, FarmStore store, HttpContext context)
    {
        if (await builds.FindAsync(context.Caller(), build, context.RequestAborted) is not { } found) return NoBuild();
        if (!found.IsHere) return Elsewhere();
        if (builds.Open(found) is not { } file) return NoBuild();
        await NoteAsync(store, found, context.Caller().Actor, context);
        return FileOf(file, found, ranges: true);
    }

    private static async Task<IResult> LinkAsync(string build, AgentBuilds builds, HttpContext context)
    {
        if (await builds.FindAsync(context.Caller(), build, context.RequestAborted) is not { Step: AgentBuildStep.Done, Artifact: not null } found) return NoBuild();
        if (!found.IsHere) return Elsewhere();
        var (result, secret, expiresAt) = await builds.Links.CreateAsync(build, context.RequestAborted);
        return result switch
        {
            AgentLinkResult.Saved => Results.Json(new AgentLinkModel($"/api/v1{Download}{secret}", expiresAt), ApiJson.Default.AgentLinkModel, statusCode: 201),
            AgentLinkResult.NoBuild => NoBuild(),
            AgentLinkResult.GroupFull => ApiProblem.Result(StatusCodes.Status429TooManyRequests, "Too many links",
                $"{AgentLinks.MaxOfGroup} links to agents of the group '{found.GroupName}' are open. Each ends when it is used, or after an hour: use those, or fetch the file itself."),
            _ => ApiProblem.Result(StatusCodes.Status503ServiceUnavailable, "Busy", "Too many links are open over the whole farm; each ends after an hour."),
        };
    }

    private static async Task<IResult> TakeAsync(string secret, AgentBuilds builds, FarmStore store, HttpContext context)
    {
        // Not to be kept or shown elsewhere by whatever fetched it.
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (await builds.TakeAsync(secret, context.RequestAborted) is not var (file, build))
            return ApiProblem.NotFound("This link is not good (any more): a link works once, within an hour, at the master that gave it. Ask for another where this one came from.");
        await NoteAsync(store, build, new Actor("link") { Address = $"{context.Connection.RemoteIpAddress}", Door = "http" }, context);
        return FileOf(file, build, ranges: false);
    }

    private static IResult Payloads(AgentPayloads payloads) => Results.Json(
        new AgentPayloadPage(
            [.. AgentPlatform.All.Select(p => (Platform: p, Payload: payloads.Find(p))).Select(p =>
                new AgentPayloadModel(p.Platform.Rid, p.Payload?.Bytes, p.Payload?.Base is not null, p.Platform == AgentPlatform.Here))],
            [.. AgentPackagers.All.Select(p => p.Format)]),
        ApiJson.Default.AgentPayloadPage);

    private static IResult FileOf(Stream file, AgentBuild build, bool ranges) => Results.File(
        file, "application/octet-stream", build.Artifact!.Name, build.KeptUntil - BuildBook.KeptFor, new EntityTagHeaderValue($"\"{build.Artifact.Sha256}\""), enableRangeProcessing: ranges);

    /// <summary>Whoever has the file has the key in it.</summary>
    private static Task NoteAsync(FarmStore store, AgentBuild build, Actor who, HttpContext context) =>
        store.SaveAgentFetchedAsync(build.Id, build.GroupName, build.KeyId, who, context.RequestAborted);

    private static SshTarget TargetOf(AgentDeployRequest r) => new(r.Host, r.Port, r.User, r.HostKey)
    {
        Password = r.Password ?? "",
        PrivateKey = Encoding.UTF8.GetBytes(r.PrivateKey ?? ""),
        Passphrase = r.Passphrase ?? "",
        InstallPath = r.InstallPath ?? "",
    };

    private static IResult NoBuild() => ApiProblem.NotFound("There is no such build, or nothing of it is kept: builds are kept for 24 hours.");

    private static IResult Elsewhere() =>
        ApiProblem.Conflict("Another master of this farm built it and has the file: the one at which it was ordered. Ask that one.");
}
