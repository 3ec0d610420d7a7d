using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>API tokens and sessions.</summary>
internal static class TokenEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/tokens", async (ITokenDesk desk, HttpContext context, string? user = null) =>
                PageOf(await desk.ListAsync(context.Caller(), user ?? "", context.RequestAborted), Right.TokenManage))
            .Needs(Right.TokenOwn).Produces<TokenPage>().ProducesProblem(403);
        api.MapPost("/tokens", CreateAsync).Needs(Right.TokenOwn)
            .Does(EstateActs.TokenCreate, call => Gravity.Of(TokenOf(call.Asked<NewTokenRequest>(), call.Asked<TimeProvider>())))
            .Produces<NewTokenAnswer>(201).ProducesProblem(403).ProducesProblem(422).ProducesProblem(429);
        api.MapDelete("/tokens/{id}", async (string id, ITokenDesk desk, HttpContext context) =>
                (await desk.RevokeAsync(context.Caller(), id, context.RequestAborted)).ToResult())
            .Needs(Right.TokenOwn)
            .Does(EstateActs.TokenRevoke, call => Gravity.OfTokenAsync(call.Part("id"), call.HttpContext.Caller(), call.Asked<ITokenDesk>(), call.HttpContext.RequestAborted))
            .Produces(204).ProducesProblem(403).ProducesProblem(404);

        api.MapGet("/sessions", async (ITokenDesk desk, HttpContext context, string? user = null) =>
                PageOf(await desk.ListSessionsAsync(context.Caller(), user ?? "", context.RequestAborted), Right.SessionManage))
            .NeedsOrSession(Right.SessionManage).Produces<TokenPage>().ProducesProblem(403);
        api.MapDelete("/sessions/{id}", EndAsync).NeedsOrSession(Right.SessionManage).Does(EstateActs.SessionEnd).Produces(204).ProducesProblem(403).ProducesProblem(404);
    }

    private static async Task<IResult> CreateAsync(NewTokenRequest request, ITokenDesk desk, TimeProvider time, HttpContext context)
    {
        var made = await desk.CreateAsync(context.Caller(), TokenOf(request, time), context.RequestAborted);
        if (!made.Answer.Succeeded) return made.Answer.ToProblem();
        // A secret that is shown once must not lie in anybody's cache.
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new NewTokenAnswer(made.Answer.Id, made.Secret, made.ExpiresAt), ApiJson.Default.NewTokenAnswer, statusCode: 201);
    }

    private static NewToken TokenOf(NewTokenRequest request, TimeProvider time)
    {
        ImmutableArray<string> rights = request.Group is { } group ? [.. request.Rights.Select(r => $"{r}@{group}")] : ((ImmutableArray<string>?)request.Rights).Texts();
        return new NewToken(request.Name, rights, request.ExpiresAt - time.GetUtcNow()) { Networks = request.Networks.Texts() };
    }

    private static async Task<IResult> EndAsync(string id, ITokenDesk desk, HttpContext context) =>
        (await desk.EndSessionAsync(context.Caller(), id, context.RequestAborted)).ToResult();

    private static IResult PageOf(ImmutableArray<TokenFacts>? tokens, string right) => tokens is { } found
        ? Results.Json(new TokenPage([.. found.Select(TokenModel.Of)]), ApiJson.Default.TokenPage)
        : ApiProblem.Forbidden($"Those of others need the right '{right}'.");
}
