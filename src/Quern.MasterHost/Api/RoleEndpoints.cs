using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Api;

/// <summary>Roles. There are few, so the list is one page.</summary>
internal static class RoleEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/roles", ListAsync).Needs(Right.RoleList).Produces<RolePage>();
        api.MapGet("/roles/{name}", ShowAsync).Needs(Right.RoleList).Produces<RoleModel>().ProducesProblem(404);
        api.MapPut("/roles/{name}", PutAsync).Needs(Right.RoleManage).Does(EstateActs.RolePut).Produces<RoleModel>().ProducesProblem(403).ProducesProblem(409).ProducesProblem(422);
        api.MapDelete("/roles/{name}", async (string name, IRoleDesk desk, HttpContext context) =>
                (await desk.RemoveAsync(context.Caller(), name, context.RequestAborted)).ToResult())
            .Needs(Right.RoleManage).Does(EstateActs.RoleDelete).Produces(204).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> ListAsync(IRoleDesk desk, HttpContext context) =>
        await desk.ListAsync(context.Caller(), context.RequestAborted) is { } roles
            ? Results.Json(new RolePage([.. roles.Select(RoleModel.Of)]), ApiJson.Default.RolePage)
            : ApiProblem.Forbidden($"This needs the right '{Right.RoleList}'.");

    private static async Task<IResult> ShowAsync(string name, IRoleDesk desk, HttpContext context) =>
        await desk.ListAsync(context.Caller(), context.RequestAborted) is { } roles && roles.FirstOrDefault(r => r.Name == name) is { } role
            ? Results.Json(RoleModel.Of(role), ApiJson.Default.RoleModel)
            : ApiProblem.NotFound("There is no role of that name.");

    private static async Task<IResult> PutAsync(string name, RoleRequest request, IRoleDesk desk, HttpContext context)
    {
        var role = new RoleFacts(name, request.Description ?? "", ((ImmutableArray<string>?)request.Rights).Texts(), request.OfGroups, Revision: request.Revision);
        var answer = await desk.PutAsync(context.Caller(), role, context.RequestAborted);
        return answer.Succeeded ? Results.Json(RoleModel.Of(role with { Revision = answer.Revision }), ApiJson.Default.RoleModel) : answer.ToProblem();
    }
}
